"""Starts a daemon under the restrictions that its systemd unit names, where no systemd runs.

    under_unit.py UNIT FOLDER DAEMON CONFIG

FOLDER, below /run, is the daemon's home from now on: DAEMON and CONFIG are copied there, `logs` in it
becomes the LogsDirectory, and `notify` is the socket for Type=notify. Each directive of the unit is
imitated as systemd.exec(5) tells; one that is not known here is an error, so that a unit cannot get
a restriction that no test knows. Takes root.
"""

import ctypes
import errno
import os
import pathlib
import shutil
import socket
import subprocess
import sys

import seccomp

CLONE_NEWNS = 0x00020000
NAMESPACES = {"cgroup": 0x02000000, "ipc": 0x08000000, "net": 0x40000000, "mnt": CLONE_NEWNS,
              "pid": 0x20000000, "user": 0x10000000, "uts": 0x04000000, "time": 0x80}
PR_SET_NO_NEW_PRIVS = 38
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
REALTIME = (1, 2, 6)  # SCHED_FIFO, SCHED_RR, SCHED_DEADLINE
FAMILIES = 46         # AF_MAX of Linux 6
DYNAMIC_USER = 61184  # the first of systemd's range
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
# Of these a unit says when it starts and stops; they restrict nothing.
NO_RESTRICTION = {
    "Description", "Documentation", "After", "Wants", "StartLimitIntervalSec", "StartLimitBurst", "ExecStart",
    "ExecReload", "Restart", "RestartSec", "RestartPreventExitStatus", "TimeoutStopSec", "WantedBy",
}


def parse(text):
    """The directives of a unit, in order."""
    lines = [line.strip() for line in text.splitlines()]
    return [tuple(part.strip() for part in line.split("=", 1)) for line in lines
            if line and line[0] not in "#;["]


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def empty(path, mode):
    """Hides what is there, for instance from ProtectHome."""
    if pathlib.Path(path).is_dir():
        mount("-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", path)


def read_only(path):
    """All mounts below, too."""
    if not pathlib.Path(path).exists():
        return
    mount("--rbind", path, path)
    for point in mounts():
        if point == path or point.startswith(path.rstrip("/") + "/"):
            mount("-o", "remount,bind,ro", point)


def mounts():
    """Where something is mounted that can be reached: no later mount lies over it."""
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split()[4].encode().decode("unicode_escape") for line in lines]
    return [point for i, point in enumerate(points)
            if not any(point.startswith(f"{over}/") for over in points[i + 1:] if over != "/")]


class Restrictions:
    def __init__(self, folder):
        self.folder = folder
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        self.filter = seccomp.SyscallFilter(seccomp.ALLOW)
        self.capabilities = None  # of the bounding set; None: all
        self.ambient = []
        self.dropped = []
        self.user = None
        self.writable = ["/proc", "/sys", "/dev"]
        self.last = []  # mounts that come behind all others

    def apply(self, name, value):
        if name in NO_RESTRICTION:
            return
        imitation = getattr(self, name, None)
        if imitation is None or not name[0].isupper():
            sys.exit(f"under_unit: {name}={value}: this directive is not imitated here")
        imitation(value)

    def finish(self):
        for act in self.last:
            act()

    def refuse(self, call, *conditions, error=errno.EPERM):
        self.filter.add_rule(seccomp.ERRNO(error), call, *conditions)

    def yes(self, value):
        assert value == "yes", value

    # Directives, by name.

    def Type(self, value):
        assert value == "notify", value
        self.environment["NOTIFY_SOCKET"] = str(self.folder / "notify")

    def WatchdogSec(self, value):
        self.environment["WATCHDOG_USEC"] = str(int(value) * 1_000_000)

    def Nice(self, value):
        os.nice(int(value))

    def OOMScoreAdjust(self, value):
        pathlib.Path("/proc/self/oom_score_adj").write_text(value)

    def DynamicUser(self, value):
        self.yes(value)
        self.user = DYNAMIC_USER

    def LogsDirectory(self, value):
        logs = pathlib.Path("/var/log") / value
        self.environment["LOGS_DIRECTORY"] = str(logs)
        (self.folder / "logs").mkdir()
        mount("-t", "tmpfs", "tmpfs", "/var/log")
        logs.mkdir()
        mount("--bind", self.folder / "logs", logs)
        os.chown(logs, DYNAMIC_USER, DYNAMIC_USER)
        self.writable.append(str(logs))

    def AmbientCapabilities(self, value):
        self.ambient = [name.removeprefix("CAP_").lower() for name in value.split()]

    def CapabilityBoundingSet(self, value):
        self.capabilities = [name.removeprefix("CAP_").lower() for name in value.split()]

    def NoNewPrivileges(self, value):
        self.yes(value)
        assert ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0

    def RestrictAddressFamilies(self, value):
        allowed = {getattr(socket, name) for name in value.split()}
        for family in set(range(FAMILIES)) - allowed:
            self.refuse("socket", seccomp.Arg(0, seccomp.EQ, family), error=errno.EAFNOSUPPORT)
        self.refuse("socket", seccomp.Arg(0, seccomp.GE, FAMILIES), error=errno.EAFNOSUPPORT)

    def ProtectSystem(self, value):
        assert value == "strict", value

        def act():
            for point in dict.fromkeys(mounts()):
                if not any(point == w or point.startswith(w + "/") for w in self.writable):
                    mount("-o", "remount,bind,ro", point)
        self.last.append(act)

    def ProtectHome(self, value):
        self.yes(value)
        for path in ("/home", "/root", "/run/user"):
            empty(path, "000")

    def PrivateTmp(self, value):
        self.yes(value)
        for path in ("/tmp", "/var/tmp"):
            empty(path, "1777")
            self.writable.append(path)

    def PrivateDevices(self, value):
        self.yes(value)
        self.dropped += ["mknod", "sys_rawio"]
        for call in ("ioperm", "iopl", "pciconfig_iobase", "pciconfig_read", "pciconfig_write"):
            self.refuse(call)
        devices = self.folder / "dev"
        devices.mkdir()
        mount("-t", "tmpfs", "-o", "mode=755,noexec", "tmpfs", devices)
        for name in DEVICES:
            (devices / name).touch()
            mount("--bind", f"/dev/{name}", devices / name)
        mount("--move", devices, "/dev")

    def ProtectKernelTunables(self, value):
        self.yes(value)
        for path in ("/proc/sys", "/proc/bus", "/proc/fs", "/proc/irq", "/sys"):
            self.last.append(lambda path=path: read_only(path))

    def ProtectKernelModules(self, value):
        self.yes(value)
        self.dropped.append("sys_module")
        for call in ("init_module", "finit_module", "delete_module"):
            self.refuse(call)
        empty("/usr/lib/modules", "000")

    def ProtectControlGroups(self, value):
        self.yes(value)
        self.last.append(lambda: read_only("/sys/fs/cgroup"))

    def RestrictNamespaces(self, value):
        self.yes(value)
        self.refuse("setns")
        self.refuse("clone3", error=errno.ENOSYS)
        for flag in NAMESPACES.values():
            for call in ("unshare", "clone"):
                self.refuse(call, seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))

    def RestrictRealtime(self, value):
        self.yes(value)
        for policy in REALTIME:
            self.refuse("sched_setscheduler", seccomp.Arg(1, seccomp.EQ, policy))

    def LockPersonality(self, value):
        self.yes(value)
        self.refuse("personality", seccomp.Arg(0, seccomp.NE, 0))

    def MemoryDenyWriteExecute(self, value):
        self.yes(value)
        both = PROT_WRITE | PROT_EXEC
        self.refuse("mmap", seccomp.Arg(2, seccomp.MASKED_EQ, both, both))
        for call in ("mprotect", "pkey_mprotect"):
            self.refuse(call, seccomp.Arg(2, seccomp.MASKED_EQ, PROT_EXEC, PROT_EXEC))
        self.refuse("shmat", seccomp.Arg(2, seccomp.MASKED_EQ, SHM_EXEC, SHM_EXEC))

    def SystemCallArchitectures(self, value):
        assert value == "native", value  # what a filter of libseccomp does in any case

    def credentials(self):
        """The command that takes the capabilities and the user, as systemd does, at the last."""
        command = ["setpriv", "--pdeathsig", "KILL"]
        if self.user:
            command += [f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        kept = self.capabilities
        bounds = [f"-{name}" for name in self.dropped] if kept is None else \
            ["-all", *(f"+{name}" for name in kept if name not in self.dropped)]
        if bounds:
            command += ["--bounding-set=" + ",".join(bounds)]
        ambient = ",".join(["-all", *(f"+{name}" for name in self.ambient)])
        return [*command, f"--inh-caps={ambient}", f"--ambient-caps={ambient}"]


def main():
    unit, folder, daemon, config = map(pathlib.Path, sys.argv[1:])
    directives = parse(unit.read_text())
    folder.mkdir(exist_ok=True)
    for file in (daemon, config):
        shutil.copy(file, folder)
    assert ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0
    mount("--make-rprivate", "/")
    restrictions = Restrictions(folder)
    for name, value in directives:
        restrictions.apply(name, value)
    restrictions.finish()
    words = dict(directives)["ExecStart"].split()
    assert words[1:] == ["--config", f"/etc/tcpcopy/{config.name}"], words
    start = [*restrictions.credentials(), folder / daemon.name, "--config", folder / config.name]
    restrictions.filter.load()
    os.chdir("/")
    os.execvpe(start[0], [str(word) for word in start], restrictions.environment)


if __name__ == "__main__":
    main()
