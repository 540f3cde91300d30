"""The daemons as processes: what SIGHUP changes, what systemd is told, who they become."""

import json
import os
import pathlib
import re
import signal
import socket
import sys
import time

import pytest

from answers import Answers
from lab import ADDRESS, HERE, POOL, wait_until
from replay import ASKED, Replay

AS_ROOT = pytest.mark.skipif(os.environ.get("TCPCOPY_LAB_ENTERED") != "root",
                             reason="another user takes root")


class Manager:
    """The end of systemd that a daemon tells things."""

    def __init__(self, lab):
        self.path = lab.work / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.settimeout(10)

    def env(self, **more):
        return ("env", f"NOTIFY_SOCKET={self.path}", *(f"{k}={v}" for k, v in more.items()))

    def until(self, start):
        """What was told, up to a line that begins so."""
        told = [self.socket.recv(1000).decode()]
        while not told[-1].startswith(start):
            told.append(self.socket.recv(1000).decode())
        return told


def status_of(process):
    return dict(line.split(":\t", 1) for line in
                pathlib.Path(f"/proc/{process.popen.pid}/status").read_text().splitlines()
                if ":\t" in line)


def hang_up(process, pattern):
    process.popen.send_signal(signal.SIGHUP)
    process.wait_for(pattern)


def test_systemd_is_told(make_lab):
    lab = make_lab()
    manager = Manager(lab)
    intercept = lab.intercept(under=manager.env(WATCHDOG_USEC=400_000))
    assert manager.until("READY=1") == ["READY=1"]
    assert set(manager.until("STATUS=")[:-1]) == {"WATCHDOG=1"}
    # A process that stands still feeds nothing.
    intercept.popen.send_signal(signal.SIGSTOP)
    manager.socket.settimeout(1)
    with pytest.raises(socket.timeout):
        for _ in range(5):
            manager.socket.recv(1000)
    intercept.popen.send_signal(signal.SIGCONT)
    manager.until("WATCHDOG=1")
    tcpcopy = lab.tcpcopy("-c", POOL, under=Manager.env(manager))
    told = manager.until("STATUS=0 sessions, 0 bytes delivered, 2 of 2 links")
    assert "READY=1" in told
    tcpcopy.stop()
    manager.until("STOPPING=1")


def test_the_journal_gets_priorities_and_no_second_time(make_lab):
    lab = make_lab()
    script = ("import os, sys; s = os.fstat(2); "
              "os.environ['JOURNAL_STREAM'] = f'{s.st_dev}:{s.st_ino}'; os.execv(sys.argv[1], sys.argv[1:])")
    intercept = lab.intercept(under=(sys.executable, "-c", script), wait=False)
    intercept.wait_for("started")
    lines = intercept.log().splitlines()
    assert lines and all(re.match(r"<[346]>[^<\d]", line) for line in lines)
    assert any(line.startswith("<4>anybody who reaches") for line in lines)


def test_json_lines(make_lab):
    lab = make_lab()
    intercept = lab.intercept("--log-format", "json", "--log-level", "warn", wait=False)
    intercept.wait_for("anybody who reaches")
    lines = [json.loads(line) for line in intercept.log().splitlines()]
    assert {line["level"] for line in lines} == {"warning"}
    assert {line["program"] for line in lines} == {"intercept"}


def test_the_configuration_is_read_again(make_lab):
    lab = make_lab()
    config = lab.work / "tcpcopy.toml"
    config.write_text("percent = 100\nstatistics = 3600\n")
    lab.route_responses()
    online, target = Answers(lab, "online", 80, *ASKED), Answers(lab, "target", 8080, *ASKED)
    lab.intercept()
    tcpcopy = lab.start("online", lab.build / "src/tcpcopy/tcpcopy", "--config", config, "-x",
                        f"80-{ADDRESS['target']}:8080", "-s", ADDRESS["assistant"], "-c", POOL)
    tcpcopy.wait_for("connected to intercept")

    def ask():
        client = lab.start("client", sys.executable, HERE / "asking.py", ADDRESS["online"], 80, 40,
                           0.5, name="asking")
        assert client.popen.wait(20) == 0

    ask()
    wait_until(lambda: set(online.served()) == set(target.served()), 10)
    config.write_text("percent = 1\nstatistics = 1\nmtu = 1400\nlog-level = \"debug\"\n")
    hang_up(tcpcopy, "statistics: 1 in place of 3600, from now on")
    tcpcopy.wait_for("percent: 1 in place of 100, from now on")
    tcpcopy.wait_for("mtu: 1400 in place of nothing, when it is started again")
    tcpcopy.wait_for('log-level: "debug" in place of "info", from now on')
    before = target.connections()
    ask()
    tcpcopy.wait_for("session 10.77.0.10:.*not opened: not-sampled")
    assert before == 40 and target.connections() - before < 10, "one percent of 40"
    # A mistake changes nothing, and is named with its line.
    config.write_text("percent = 100\nlinks = 0\n")
    hang_up(tcpcopy, r"tcpcopy.toml:2: -C: '0' is not a number from 1 to 11; all stays as it was")
    config.write_text("percent = 1\nstatistics = 1\nmtu = 1400\nlog-level = \"debug\"\n")
    hang_up(tcpcopy, "nothing has changed")


def test_intercept_reads_again_whom_it_allows(make_lab):
    lab = make_lab()
    config = lab.work / "intercept.toml"
    config.write_text(f"allow = \"{ADDRESS['online']}\"\n")
    intercept = lab.intercept("--config", config)
    tcpcopy = lab.tcpcopy("-c", POOL)
    config.write_text("allow = \"10.77.0.99\"\n")
    hang_up(intercept, 'allow: "?10.77.0.99"? in place of "?10.77.0.20"?, from now on')
    intercept.wait_for("--allow does not name its address any more")
    tcpcopy.wait_for(r"\[TC112 intercept-closes\]", 20)
    config.write_text(f"allow = \"{ADDRESS['online']}\"\n")
    intercept.popen.send_signal(signal.SIGHUP)
    wait_until(lambda: tcpcopy.log().count("connected to intercept") > 2, 20, tcpcopy.log)
    config.write_text("allow = \"nonsense!\"\n")
    hang_up(intercept, "intercept.toml:1: --allow: .*; all stays as it was")


def test_the_life_of_one_client(make_lab):
    replay = Replay(make_lab, options=("--debug-client", ADDRESS["client"]))
    replay.ask(3, 1)
    log = replay.tcpcopy.wait_for("ended: completed").log()
    for words in ("opened", "connected", "ended: completed"):
        assert re.search(rf"info: session 10.77.0.10:\d+ \(62.135.200.\d+:\d+ to 10.77.0.30:8080\): "
                         rf"{words}", log), words
    other = Replay.__new__(Replay)  # who asks for another client reads of none
    other.tcpcopy = replay.lab.tcpcopy("-c", POOL, "-f", "1", "--debug-client", "10.77.0.99")
    replay.ask(3, 0.5)
    assert " session 10." not in other.tcpcopy.log()


@AS_ROOT
def test_another_user_when_all_is_open(make_lab):
    """It replays, has raw sockets alone, and can open what comes later."""
    lab = make_lab()
    lab.route_responses()
    online, target = Answers(lab, "online", 80, *ASKED), Answers(lab, "target", 8080, *ASKED)
    intercept = lab.intercept("--user", "nobody")
    pid_file = lab.work / "tcpcopy.pid"
    tcpcopy = lab.tcpcopy("-c", POOL, "--user", "12345", "-P", pid_file)
    for process in (intercept, tcpcopy):
        status = status_of(process)
        assert status["CapEff"] == status["CapPrm"] == f"{1 << 13:016x}"  # CAP_NET_RAW
        assert status["NoNewPrivs"] == "1" and status["Groups"].split() == []
    assert status_of(tcpcopy)["Uid"].split() == ["12345"] * 4 == status_of(tcpcopy)["Gid"].split()
    client = lab.start("client", sys.executable, HERE / "asking.py", ADDRESS["online"], 80, 5, 1,
                       name="asking")
    assert client.popen.wait(20) == 0
    wait_until(lambda: set(online.served()) <= set(target.served()), 10)
    assert tcpcopy.stop() == 0
    assert not pid_file.exists() or pid_file.read_text() == ""
    unknown = lab.tcpcopy("--user", "nobody-here", wait=False)
    assert unknown.popen.wait(5) == 2 and "there is no user 'nobody-here'" in unknown.log()


def test_system_calls_are_restricted_unless_told_otherwise(make_lab):
    lab = make_lab()
    # Filters of others, as of a container, count too.
    before = int(pathlib.Path("/proc/self/status").read_text().split("Seccomp_filters:\t")[1].split()[0])
    filters = {}
    for name, options in {"usual": (), "open": ("--no-seccomp",)}.items():
        process = lab.intercept("-p", 36524 + len(filters), *options)
        time.sleep(0.2)
        filters[name] = int(status_of(process)["Seccomp_filters"])
        assert "not restricted" not in process.log()
    assert filters == {"usual": before + 1, "open": before}


def test_a_second_daemon_names_the_first(make_lab):
    lab = make_lab()
    pid_file = lab.work / "intercept.pid"
    first = lab.intercept("-P", pid_file)
    second = lab.intercept("-P", pid_file, "-p", 36525, wait=False)
    assert second.popen.wait(5) == 2
    assert f"process {first.popen.pid} runs already" in second.log()
    first.stop(signal.SIGKILL)
    lab.intercept("-P", pid_file, "-p", 36525)
