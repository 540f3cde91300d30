"""Targets that will have none of it, and others that are none of our business."""

import re
import sys
import time

import pytest

from answers import Answers
from lab import ADDRESS, HERE, POOL, open_connections, statistic, wait_until
from replay import ASKED, Replay

AT_MOST_A_SESSION = 6  # connections in its life when the target takes nothing


def test_closed_sessions_end(make_lab):
    """The target closes first, the client much later: then both have, and nothing remains."""
    replay = Replay(make_lab, target=(*ASKED, "--idle-close", 0.5))
    replay.ask(20, 0.5, "--think", 20, "--stay", 4)
    wait_until(lambda: statistic(replay.tcpcopy.log(), "live") == 0, 4, "the ends of all sessions")
    assert open_connections(replay.lab, "target", 8080) == []
    assert "completed:20 " in replay.last_ledger()


STORMS = {
    "busy": (("--greeting", "220 ready"), ("--busy", "421 busy"), ("--greeted",)),
    "refused_by_reset": (ASKED, (*ASKED, "--refuse"), ()),
    "busy_without_greeting": (ASKED, ("--busy", "503 busy"), ()),
}


@pytest.mark.parametrize("online,target,client", STORMS.values(), ids=STORMS.keys())
def test_storm(make_lab, online, target, client):
    """A target that will have none of it is not attacked."""
    replay = Replay(make_lab, online, target)
    before = replay.tcpcopy.cpu_seconds()
    replay.ask(40, 5, "--think", 20, *client)
    used = replay.tcpcopy.cpu_seconds() - before
    print(f"{replay.target.connections()} connections, {100 * used / 5:.1f} % of a core")
    assert 40 <= replay.target.connections() <= 40 * AT_MOST_A_SESSION


def test_each_request_is_reset(make_lab):
    """Each connection then takes a request at least."""
    replay = Replay(make_lab, target=(*ASKED, "--reset-every", 1))
    replay.ask(20, 3, "--think", 100)
    time.sleep(1)
    assert replay.target.connections() <= len(replay.online.served())
    assert len(replay.target.served()) == len(set(replay.target.served()))


@pytest.mark.parametrize("milliseconds", (0, 1, 10, 60))
def test_writes_while_it_is_written_to(make_lab, milliseconds):
    """The target reads, then writes 200 KB, and reads nothing meanwhile: both windows close."""
    habit = ("--size", 200_000, "--receive-buffer", 65_536)
    replay = Replay(make_lab, habit, habit, ("-R", milliseconds) if milliseconds else ())
    replay.ask(1, 0, "--pipelined", "--requests", 60, "--body", 50_000)
    progress = -1
    while replay.missing() and len(replay.target.served()) > progress:
        progress = len(replay.target.served())
        time.sleep(4)
    assert len(replay.target.served()) == 60


def test_syn_flood(make_lab):
    """Who never completes a handshake with production has none with the target."""
    replay = Replay(make_lab)
    flood = replay.lab.start("client", sys.executable, HERE / "syn_flood.py", "10.77.0",
                             ADDRESS["online"], 80, 500, name="syn_flood")
    assert flood.popen.wait(10) == 0, flood.log()
    replay.tcpcopy.wait_for("total captured packets:[5-9][0-9][0-9] ")
    time.sleep(3.5)  # the target's kernel asks again after 1 s, and 2 s later
    states = open_connections(replay.lab, "target", 8080)
    assert states.count("ESTAB") == 0
    assert replay.online.connections() == replay.target.connections() == 0
    # And clients come through.
    assert replay.share(replay.ask(5, 0.5)) == 1


@pytest.mark.parametrize("way", ((), ("--capture", "pcap", "-i", "eth0")), ids=("raw", "pcap"))
def test_damaged_packets(make_lab, way):
    """The online server's kernel drops them, and so do we; where most are, they are no damage."""
    replay = Replay(make_lab, options=way)
    flood = ("client", sys.executable, HERE / "syn_flood.py", "10.77.0", ADDRESS["online"], 80)
    for count, kind in ((150, "whole"), (3, "damaged")):
        sent = replay.lab.start(*flood, count, kind, name="syn_flood")
        assert sent.popen.wait(10) == 0, sent.log()
    replay.tcpcopy.wait_for("sessions opened:150 .* live:150 ")
    sent = replay.lab.start(*flood, 400, "damaged", name="syn_flood")
    assert sent.popen.wait(10) == 0, sent.log()
    replay.tcpcopy.wait_for("many captured packets have a wrong TCP checksum")
    assert "opened:400 " in replay.last_ledger()
    assert "4 packets were damaged on their way" in replay.tcpcopy.log()
    assert "399 packets have a wrong TCP checksum" in replay.tcpcopy.log()


def test_silent_target(make_lab):
    """Its application says nothing, its kernel acknowledges: that is no progress."""
    replay = Replay(make_lab, target=("--silent",), options=("-t", 2))
    replay.start_client(5, 0, "--requests", 1, "--stay", 30)
    wait_until(lambda: re.search(r"target-silent:\d+/\d+B/5s", replay.tcpcopy.log()), 8,
               "the ends of 5 sessions")
    assert open_connections(replay.lab, "target", 8080) == []


def start_stranger(lab, host):
    """A client of the target itself, on a host that the daemons run on."""
    return lab.start(host, sys.executable, HERE / "asking.py", ADDRESS["target"], 8080, 5, 4,
                     name="asking")


def assert_served(target, stranger):
    assert stranger.popen.wait(30) == 0, stranger.log()
    assert "stopped" in stranger.log()
    assert target.connections() == 5


def test_stranger_beside_responses(make_lab):
    """The online host's own connections to the target are not ours to reset."""
    lab = make_lab()
    target = Answers(lab, "target", 8080, *ASKED)
    lab.start("online", lab.build / "src/tcpcopy/tcpcopy", "-x", f"80-{ADDRESS['target']}:8080",
              "-c", POOL, "--responses", "eth0").wait_for("started")
    assert_served(target, start_stranger(lab, "online"))


@pytest.mark.parametrize("pool", (True, False), ids=("pool", "own_addresses"))
def test_stranger_beside_single(make_lab, pool):
    lab = make_lab()
    target = Answers(lab, "target", 8080, *ASKED)
    lab.intercept("--single")
    lab.tcpcopy("--single", *(("-c", POOL) if pool else ()))
    assert_served(target, start_stranger(lab, "assistant"))
