"""The lab: hosts as network namespaces on one bridge, with real kernels' TCP between them.

    client 10.77.0.10 · online 10.77.0.20 · target 10.77.0.30 · assistant 10.77.0.40

It expects to run inside a private network and mount namespace, which tests/lab/enter makes, with or
without root; so nothing of it is visible outside, and nothing of it outlives the process.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ADDRESS = {
    "client": "10.77.0.10",
    "online": "10.77.0.20",
    "online2": "10.77.0.21",
    "online3": "10.77.0.22",
    "target": "10.77.0.30",
    "assistant": "10.77.0.40",
    "assistant2": "10.77.0.41",
    "mirror": "10.77.0.50",
}
NO_OFFLOAD = ("gro", "off", "tso", "off", "gso", "off")
POOL = "62.135.200.x"
POOL_NET = "62.135.200.0/24"

# Set by scripts/lab-matrix: options for every tcpcopy, and a VLAN that connects all hosts.
WAY = os.environ.get("TCPCOPY_LAB_WAY", "").split()
VLAN = os.environ.get("TCPCOPY_LAB_VLAN")


def run(*command, check=True, **options):
    """Runs a command and returns what it printed."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options}
    done = subprocess.run([str(c) for c in command], text=True, **options)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


class Process:
    """A process on a host; its output goes to a file. It does not outlive this one."""

    def __init__(self, host, command, log):
        self.log_path = log
        with open(log, "w", encoding="utf-8") as out:
            self.popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *in_host(host, command)], stdout=out,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self, how=signal.SIGTERM, timeout=10):
        if self.popen.poll() is None:
            self.popen.send_signal(how)
            try:
                self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
                raise
        return self.popen.returncode

    def alive(self):
        return self.popen.poll() is None

    def wait_for(self, pattern, timeout=10):
        wait_until(lambda: re.search(pattern, self.log()) or not self.alive(), timeout,
                   lambda: f"'{pattern}' in {self.log_path}:\n{self.log()}")
        assert re.search(pattern, self.log()), f"ended without '{pattern}':\n{self.log()}"
        return self

    def cpu_times(self):
        """User time and system time so far, in seconds."""
        fields = pathlib.Path(f"/proc/{self.popen.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return [int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in fields[11:13]]

    def cpu_seconds(self):
        """User and system time so far."""
        return sum(self.cpu_times())

    def rss_kb(self):
        return self._memory_kb("VmRSS")

    def peak_rss_kb(self):
        return self._memory_kb("VmHWM")

    def _memory_kb(self, field):
        status = pathlib.Path(f"/proc/{self.popen.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+)", status).group(1))


def in_host(host, command):
    command = [str(c) for c in command]
    return command if host is None else ["ip", "netns", "exec", host, *command]


def wait_until(condition, timeout, what="a condition", pause=0.05):
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {timeout} s for " + (what() if callable(what) else what))
        time.sleep(pause)


class Lab:
    """The hosts and what runs on them."""

    def __init__(self, work, build, hosts=("client", "online", "target", "assistant"),
                 offload=True):
        self.work = pathlib.Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.build = pathlib.Path(build)
        self.hosts = hosts
        self.processes = []
        try:
            self._make_hosts(offload)
        except RuntimeError:
            self.close()
            raise

    def _make_hosts(self, offload):
        run("ip", "link", "add", "switch", "type", "bridge")
        run("ip", "link", "set", "switch", "up")
        for host in self.hosts:
            run("ip", "netns", "add", host)
            device = "trunk" if VLAN else "eth0"
            run("ip", "link", "add", f"p-{host}", "type", "veth", "peer", "name", device, "netns",
                host)
            run("ip", "link", "set", f"p-{host}", "master", "switch", "up")
            if VLAN:
                self._make_vlan(host, device)
            self.on(host, "ip", "addr", "add", f"{ADDRESS[host]}/24", "dev", "eth0")
            self.on(host, "ip", "link", "set", "lo", "up")
            self.on(host, "ip", "link", "set", "eth0", "up")
            # As docs/deployment.md tells: no reverse path filter on the target, no forwarding on
            # the assistant, and no ICMP that would tell anybody of a better route.
            for name in ("all", "default", "eth0"):
                self.sysctl(host, f"net.ipv4.conf.{name}.rp_filter", 0)
            self.sysctl(host, "net.ipv4.ip_forward", 0)
            if not offload:
                self.on(host, "ethtool", "-K", "eth0", *NO_OFFLOAD)
        if not offload:
            for host in self.hosts:
                run("ethtool", "-K", f"p-{host}", *NO_OFFLOAD)

    def _make_vlan(self, host, trunk):
        """The device eth0 on a trunk: the kernel's, where it has such devices, or our own."""
        self.on(host, "ip", "link", "set", trunk, "up")
        try:
            self.on(host, "ip", "link", "add", "link", trunk, "name", "eth0", "type", "vlan", "id",
                    VLAN)
        except RuntimeError:
            # Frames that are not cut yet would have no room for a tag.
            self.on(host, "ethtool", "-K", trunk, *NO_OFFLOAD)
            self.start(host, sys.executable, HERE / "vlan_device.py", trunk, VLAN,
                       name="vlan").wait_for("passing")

    def sysctl(self, host, name, value):
        self.on(host, "sysctl", "-qw", f"{name}={value}")

    def on(self, host, *command, check=True, **options):
        return run(*in_host(host, command), check=check, **options)

    def start(self, host, *command, name=None):
        name = name or pathlib.Path(str(command[0])).name
        count = sum(1 for p in self.processes if p.log_path.name.startswith(f"{host}-{name}"))
        process = Process(host, command, self.work / f"{host}-{name}-{count}.log")
        self.processes.append(process)
        return process

    def route_via_assistant(self, destination, target="target", assistant="assistant"):
        """The one thing to be done on a target: its responses go to the assistant."""
        self.on(target, "ip", "route", "replace", destination, "via", ADDRESS[assistant])

    def route_responses(self, pool=True):
        self.route_via_assistant(POOL_NET if pool else f"{ADDRESS['client']}/32")

    def lose(self, percent, source=None, destination=None, protocol="tcp"):
        """Makes the switch lose packets from one address, or to one."""
        if not hasattr(self, "_loses"):
            run("nft", "add", "table", "bridge", "lab")
            run("nft", "add", "chain", "bridge", "lab", "loss",
                "{ type filter hook forward priority 0; }")
            self._loses = True
        match = []
        if source:
            match += ["ip", "saddr", source]
        if destination:
            match += ["ip", "daddr", destination]
        if percent < 100:
            match += ["numgen", "random", "mod", "1000", "<", str(round(percent * 10))]
        run("nft", "add", "rule", "bridge", "lab", "loss", "meta", "l4proto", protocol, *match,
            "counter", "drop")

    def lose_nothing(self):
        if hasattr(self, "_loses"):
            run("nft", "flush", "chain", "bridge", "lab", "loss")

    def rewrite_sources(self, addresses):
        """Makes the switch replace source addresses of packets for the target."""
        self._translates = True
        run("nft", "add", "table", "bridge", "translation")
        run("nft", "add", "chain", "bridge", "translation", "sources",
            "{ type filter hook prerouting priority 0; }")
        for old, new in addresses.items():
            run("nft", "add", "rule", "bridge", "translation", "sources", "ip", "saddr", old, "ip",
                "daddr", ADDRESS["target"], "ip", "saddr", "set", new)

    def intercept(self, *options, host="assistant", filter="tcp and src port 8080", wait=True,
                  under=(), device="eth0"):
        """@param under: the command that starts it, as `nice`."""
        process = self.start(host, *under, self.build / "src/intercept/intercept", "-i", device,
                             "-F", filter, "--statistics", "1", *options)
        return process.wait_for("intercept .* started") if wait else process

    def tcpcopy(self, *options, host="online", rules=None, intercepts=None, wait=True, under=()):
        rules = rules or f"80-{ADDRESS['target']}:8080"
        intercepts = intercepts or ADDRESS["assistant"]
        process = self.start(host, *under, self.build / "src/tcpcopy/tcpcopy", "-x", rules, "-s",
                             intercepts, "--statistics", "1", *WAY, *options)
        return process.wait_for("connected to intercept") if wait else process

    def close(self):
        for process in reversed(self.processes):
            process.stop(signal.SIGKILL)
        for host in self.hosts:
            # The kernel takes a namespace down some time later, a link at once.
            run("ip", "link", "del", f"p-{host}", check=False)
            run("ip", "netns", "del", host, check=False)
        run("ip", "link", "del", "switch", check=False)
        if hasattr(self, "_loses"):
            run("nft", "delete", "table", "bridge", "lab", check=False)
        if hasattr(self, "_translates"):
            run("nft", "delete", "table", "bridge", "translation", check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def statistic(log, name):
    """The last value of `name:NUMBER` in a daemon's log."""
    found = re.findall(rf"(?<![\w-]){re.escape(name)}:(\d+)", log)
    assert found, f"no {name} in\n{log}"
    return int(found[-1])


def open_connections(lab, host, port):
    """Connections of a server port that are not closed on its side."""
    listing = lab.on(host, "ss", "-Htan", f"( sport = :{port} )")
    states = [line.split()[0] for line in listing.splitlines()]
    return [s for s in states if s not in ("LISTEN", "TIME-WAIT")]


if __name__ == "__main__":
    print(__doc__)
    sys.exit(0)
