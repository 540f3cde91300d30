"""The units: both daemons start and replay under exactly the restrictions that they name.

No systemd runs here: under_unit.py imitates it, from the very files that are installed.
"""

import os
import re
import socket
import sys

import pytest

from lab import ADDRESS, HERE, POOL, ROOT, statistic, wait_until
from recording import Peers, TARGET_PORTS, rules
from under_unit import parse

UNITS = {name: ROOT / f"conf/{name}.service" for name in ("tcpcopy", "intercept")}
USAGE_ERROR = 2
TOO_LITTLE_DELIVERED = 3
CONNECTIONS = 20

# Each way in and out that the example configuration offers.
WAYS = {
    "raw": {},
    "pcap": {"capture": "pcap", "input": "eth0"},
    "link": {"send": "link"},
    "pcap_link": {"capture": "pcap", "input": "eth0", "send": "link"},
    "responses": {"responses": "eth0", "intercept": None},
}

pytestmark = pytest.mark.skipif(os.environ.get("TCPCOPY_LAB_ENTERED") != "root",
                                reason="a user of its own, as units have, takes root")


def example(name, log, **values):
    """The example configuration with other values. A line that is commented out is taken when it
    has a value here, and `log` always, as it stands."""
    lines = []
    for line in (ROOT / f"conf/{name}.toml").read_text().splitlines():
        key = re.match(r"(?:# )?([a-z-]+) = ", line)
        if not key or key[1] not in {**values, "log": log}:
            lines.append(line)
        elif key[1] == "log":
            lines.append(line.removeprefix("# ") if log else line)
        elif values[key[1]] is not None:
            value = values.pop(key[1])
            lines.append(f"{key[1]} = {value}" if isinstance(value, int) else f'{key[1]} = "{value}"')
    assert not [key for key, value in values.items() if value is not None], f"not offered: {values}"
    return "\n".join(lines) + "\n"


class Unit:
    """A daemon as its unit starts it, or as another text in place of its unit would."""

    def __init__(self, lab, host, name, config, text=None):
        work = lab.work / f"unit-{name}"
        work.mkdir()
        (work / f"{name}.service").write_text(text or UNITS[name].read_text())
        (work / f"{name}.toml").write_text(config)
        self.name = name
        self.folder = lab_folder(name)
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(str(self.folder / "notify"))
        self.notices.setblocking(False)
        (self.folder / "notify").chmod(0o777)
        self.process = lab.start(host, "/usr/bin/python3", HERE / "under_unit.py",
                                 work / f"{name}.service", self.folder,
                                 lab.build / f"src/{name}/{name}", work / f"{name}.toml", name=name)

    def started(self):
        """Waits for the word that systemd waits for."""
        notice = []

        def told():
            try:
                notice.append(self.notices.recv(100))
            except BlockingIOError:
                pass
            return notice or not self.process.alive()

        wait_until(told, 20, self.process.log)
        assert notice == [b"READY=1"], self.process.log()
        return self

    def log(self):
        """What stands in the file that the example names, in the folder that the unit makes."""
        return (self.folder / f"logs/{self.name}.log").read_text()


def lab_folder(name):
    """On the tmpfs that tests/lab/enter made; a unit sees it, unlike /tmp and /home."""
    path = HERE.__class__("/run") / f"unit-{name}-{os.getpid()}-{next(COUNT)}"
    path.mkdir()
    return path


COUNT = iter(range(10**6))


def intercept_config(log=True, **values):
    return example("intercept", log, **{
        "device": "eth0", "filter": f"tcp and (src port {TARGET_PORTS[0]} or src port {TARGET_PORTS[1]})",
        "bind": ADDRESS["assistant"], "allow": ADDRESS["online"], "statistics": 1, **values})


def tcpcopy_config(log=True, **values):
    return example("tcpcopy", log, **{
        "replay": rules(), "intercept": ADDRESS["assistant"], "client-pool": POOL, "statistics": 1,
        **values})


@pytest.mark.parametrize("way", WAYS)
def test_each_way_replays_under_the_units(make_lab, way):
    lab = make_lab()
    assistant = "online" if way == "responses" else "assistant"
    lab.route_via_assistant("62.135.200.0/24", assistant=assistant)
    peers = Peers(lab)
    if way != "responses":
        intercept = Unit(lab, "assistant", "intercept", intercept_config()).started()
    tcpcopy = Unit(lab, "online", "tcpcopy", tcpcopy_config(**WAYS[way])).started()
    if way != "responses":
        wait_until(lambda: "connected to intercept" in tcpcopy.log(), 10, tcpcopy.log)
    client = peers.start_client(CONNECTIONS, 1, seed=1)
    assert client.popen.wait(60) == 0, client.log()
    found, connections = peers.compare()
    assert not found and connections == CONNECTIONS
    assert tcpcopy.process.stop() == 0
    assert "balanced:yes" in tcpcopy.log() and statistic(tcpcopy.log(), "resp") > 0
    if way != "responses":
        assert intercept.process.stop() == 0
        assert "ending" in intercept.log()
    # Nothing went where only the journal would have it.
    assert tcpcopy.process.log() == ""


def test_the_restrictions_are_those_of_the_unit(make_lab):
    lab = make_lab()
    unit = Unit(lab, "online", "tcpcopy", tcpcopy_config(log=False)).started()
    status = dict(line.split(":\t", 1) for line in
                  HERE.__class__(f"/proc/{unit.process.popen.pid}/status").read_text().splitlines()
                  if ":\t" in line)
    assert status["CapEff"] == status["CapPrm"] == status["CapBnd"] == f"{1 << 13:016x}"  # NET_RAW
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert status["Uid"].split()[0] != "0"


@pytest.mark.parametrize("line,words", {
    "RestrictAddressFamilies=AF_INET AF_UNIX": "getifaddrs: Address family not supported",
    "AmbientCapabilities=": "cannot open a raw socket",
    "LogsDirectory=elsewhere": "there is no folder",
    "ProtectEverything=yes": "ProtectEverything=yes: this directive is not imitated",
}.items())
def test_a_unit_that_takes_too_much_is_found(make_lab, line, words):
    lab = make_lab()
    text = UNITS["tcpcopy"].read_text()
    name = line.split("=")[0]
    text = re.sub(rf"^{name}=.*$", line, text, flags=re.M) if f"\n{name}=" in text else text + line
    unit = Unit(lab, "online", "tcpcopy", tcpcopy_config(), text)
    with pytest.raises(AssertionError):
        unit.started()
    assert words in unit.process.log()


@pytest.mark.parametrize("name", UNITS)
def test_a_start_that_fails_is_not_repeated_for_ever(make_lab, name):
    directives = dict(parse(UNITS[name].read_text()))
    lab = make_lab()
    unit = Unit(lab, "online", name, "nonsense = 1\n")
    assert unit.process.popen.wait(20) == USAGE_ERROR
    kept_down = directives["RestartPreventExitStatus"].split()
    assert str(USAGE_ERROR) in kept_down
    if name == "tcpcopy":
        assert str(TOO_LITTLE_DELIVERED) in kept_down
    # The limit can be reached at all, at the pace at which it starts again.
    assert (int(directives["RestartSec"]) * int(directives["StartLimitBurst"])
            < int(directives["StartLimitIntervalSec"]))


def test_intercept_waits_for_its_address(make_lab):
    lab = make_lab()
    late = "10.77.0.99"
    intercept = Unit(lab, "assistant", "intercept", intercept_config(bind=late)).started()
    assert intercept.log().count(f"does not have the address {late}") == 1
    lab.on("assistant", "ip", "addr", "add", f"{late}/24", "dev", "eth0")
    lab.tcpcopy("-c", POOL, intercepts=late)
