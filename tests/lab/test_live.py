"""--live: what is drawn on a terminal, and that nothing waits for it."""

import fcntl
import os
import re
import signal
import subprocess
import sys
import termios
import time

import pytest

from lab import ADDRESS, HERE, POOL, in_host
from on_terminal import LEAVES, OnTerminal
from peers import assert_same_requests, finish, wrk


def command_of(lab, *options):
    return [lab.build / "src/tcpcopy/tcpcopy", "-x", f"80-{ADDRESS['target']}:8080", "-s",
            ADDRESS["assistant"], "-c", POOL, *options]


@pytest.mark.parametrize("columns,rows", ((80, 24), (120, 40)))
def test_the_screen(web, columns, rows):
    lab, online, target = web
    lab.intercept()
    with OnTerminal("online", command_of(lab, "--live"), columns, rows) as terminal:
        terminal.watch_for("links       2 of 2")
        load = wrk(lab, 5, 4, pause_ms=10)
        terminal.watch(3)
        print(terminal.text())
        lines = terminal.rows()
        assert lines[0].startswith("tcpcopy 2.") and re.search(r" up 0:00:\d\d$", lines[0])
        assert len(lines[0]) == columns
        assert lines[2].split() == ["a", "second", "in", "10", "s", "in", "all"]
        for name in ("requests", "responses", "packets sent", "bytes captured", "bytes delivered"):
            assert float(terminal.row(f"{name}  ").split()[len(name.split())].replace(",", "")) > 0
        assert "100 % of" in terminal.row("handshakes")
        assert re.search(r"sessions    5 live, \d+ completed, 0 lost", terminal.row("sessions    "))
        for label in ("lag ms", "answers ms"):
            assert re.search(r"median [\d.]+, p99 [\d.]+, greatest [\d.]+ in 10 s", terminal.row(label))
        assert terminal.row("lost").split() == ["lost", "nothing"]
        assert termios.tcgetattr(terminal.slave)[3] & termios.ECHO == 0
        finish(load)
        drawn = terminal.said
        assert terminal.stop() == 0
        assert terminal.as_before() and LEAVES in terminal.said and LEAVES not in drawn
        assert b"ledger: " not in drawn, "log lines spoil the screen"
        assert b"ledger: " in terminal.said.partition(LEAVES)[2], "the summary follows it"
    assert_same_requests(online, target)


def test_the_screen_shows_what_is_wrong(make_lab):
    lab = make_lab()
    intercept = lab.intercept()
    with OnTerminal("online", command_of(lab, "--live")) as terminal:
        terminal.watch_for("links       2 of 2")
        intercept.stop()
        terminal.watch_for("warning: ")
        terminal.watch_for("links       0 of 2")
        print(terminal.text())
        assert re.search(r"^\d\d:\d\d:\d\d warning: .*intercept", terminal.text(), re.MULTILINE)
        assert terminal.rows()[0].startswith("tcpcopy 2.")
        terminal.resize(120, 40)
        terminal.watch(2.5)
        assert len(terminal.rows()[0]) == 120 and len(terminal.row("tcpcopy 2.")) == 120
        terminal.resize(60, 10)
        terminal.watch(2.5)
        assert len(terminal.row("tcpcopy 2.")) == 60 and "requests" in terminal.rows()[3]
        terminal.stop()
        after = terminal.said.partition(LEAVES)[2]
        assert b" warning: " in after, "what was warned of is told again where it stays"


@pytest.mark.parametrize("how", (signal.SIGINT, signal.SIGQUIT, signal.SIGSEGV))
def test_signals_restore_the_terminal(make_lab, how):
    lab = make_lab()
    with OnTerminal("online", command_of(lab, "--live")) as terminal:
        terminal.watch_for("tcpcopy 2.")
        terminal.popen.send_signal(signal.SIGTSTP)
        terminal.watch_for("up 0:00:02")
        status = terminal.stop(how)
        assert status == (0 if how == signal.SIGINT else -how)
        assert terminal.as_before() and LEAVES in terminal.said


def test_nobody_waits_for_a_terminal_that_is_stuck(web):
    lab, online, target = web
    lab.intercept()
    with OnTerminal("online", command_of(lab, "--live")) as terminal:
        terminal.watch_for("links       2 of 2")
        termios.tcflow(terminal.slave, termios.TCOOFF)  # Ctrl-S
        finish(wrk(lab, 5, 4, pause_ms=10))
        assert_same_requests(online, target)
        termios.tcflow(terminal.slave, termios.TCOON)
        terminal.watch(2.5)
        assert terminal.rows()[0].startswith("tcpcopy 2.")
        assert "requests" in terminal.rows()[3]
        termios.tcflow(terminal.slave, termios.TCOOFF)
        time.sleep(1)
        began = time.monotonic()
        terminal.popen.send_signal(signal.SIGTERM)
        time.sleep(2)
        termios.tcflow(terminal.slave, termios.TCOON)  # the summary is written as any log is
        assert terminal.popen.wait(5) == 0 and time.monotonic() - began < 5


def test_without_a_terminal_it_is_a_line_a_second(web):
    lab, online, target = web
    lab.intercept()
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    with subprocess.Popen(in_host("online", command_of(lab, "--live")), stdout=writing,
                          stderr=subprocess.PIPE, text=True) as daemon:
        try:
            finish(wrk(lab, 5, 3, pause_ms=10))
            lines = os.read(reading, 65536).decode().splitlines()
            print(lines[-1])
            assert all(re.fullmatch(r"up \d:\d\d:\d\d requests/s [\d.,]+ in/s [\d.]+ [KM]?B out/s [\d.]+ "
                                    r"[KM]?B live \d+ lost 0 lag ms [\d.]+", line) for line in lines), lines
            assert len(lines) >= 3 and max(map(len, lines)) <= 80
            os.write(writing, b"x" * 4096)  # nobody reads on
            finish(wrk(lab, 5, 3, pause_ms=10))
            assert_same_requests(online, target)
        finally:
            daemon.terminate()
        _, log = daemon.communicate(timeout=5)
    assert daemon.returncode == 0 and "ledger: " in log
    os.close(reading)
    os.close(writing)


def test_a_screen_needs_a_foreground(build):
    done = subprocess.run([str(build / "src/tcpcopy/tcpcopy"), "-x", "80-10.0.0.30:8080", "-s",
                           "10.0.0.40", "--live", "-d"], text=True, capture_output=True, timeout=10)
    assert done.returncode == 2 and "--live and -d" in done.stderr


@pytest.mark.parametrize("live", (False, True))
def test_of_files_one_row_tells_how_far_they_have_come(web, live):
    lab, _, target = web
    file = lab.work / "day.pcap"
    recording = lab.start("online", sys.executable, HERE / "write_pcap.py", "eth0", file)
    recording.wait_for("listening")
    finish(wrk(lab, 5, 4, pause_ms=10))
    recording.stop()
    lab.intercept()
    options = ("--offline", "-i", file, *(("--live",) if live else ()))
    with OnTerminal("online", command_of(lab, *options)) as terminal:
        seen = set()
        while terminal.popen.poll() is None:
            rows = [number for number, row in enumerate(terminal.watch(0.3)) if row.startswith("[")]
            assert len(rows) <= 1, terminal.text()
            seen.update(rows)
            if rows:
                last = terminal.text()
        print(last)
        assert terminal.popen.returncode == 0 and re.search(r"^\[#+\.*\] \d+ %", last, re.MULTILINE)
        assert not live or seen == {1}
        # (pyte knows one page only, so that of --live stays.)
        assert live or not [row for row in terminal.watch(0.2) if row.startswith("[#")], "it stays"
    assert target.requests() > 0
