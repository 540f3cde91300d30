"""Targets that do not answer as production does: the replay keeps up all the same.

A share is that of the requests which the online server read, of which the target has read a part a
second after the client's last answer.
"""

import json
import re
import time

import pytest

from lab import ADDRESS, POOL, wait_until
from replay import ASKED, Replay


def test_equal_answers(make_lab):
    replay = Replay(make_lab)
    assert replay.share(replay.ask()) == 1
    assert sorted(replay.target.served()) == sorted(replay.online.served())
    assert replay.target.connections() == replay.online.connections()
    assert " lost:0; bytes" in replay.last_ledger()


OTHER_ANSWERS = {
    "2000_to_200": (2000, 200, ()),
    "2000_to_1500": (2000, 1500, ()),
    "200_to_2000": (200, 2000, ()),
    "200_to_197": (200, 197, ()),
    "300_to_299": (300, 299, ()),
    "5000_to_37": (5000, 37, ()),
    "37_to_5000": (37, 5000, ()),
    "parts_5_ms": (2000, 1500, ("--chunks", 3, "--pause", 5)),
    "parts_50_ms": (2000, 1500, ("--chunks", 3, "--pause", 50)),
    "slower_by_5_ms": (2000, 2000, ("--delay", 5)),
    "slower_and_shorter": (2000, 1900, ("--delay", 5)),
}


@pytest.mark.parametrize("online,target,habit", OTHER_ANSWERS.values(), ids=OTHER_ANSWERS.keys())
def test_other_answers(make_lab, online, target, habit):
    # What is slower for each answer has the time of a client's thought to catch up in.
    think = 150 if "--pause" in habit and 50 in habit else 20
    replay = Replay(make_lab, online=("--size", online), target=("--size", target, *habit))
    assert replay.share(replay.ask(20, 2.5, "--think", think)) >= 0.999
    assert replay.target.connections() == replay.online.connections()


@pytest.mark.parametrize("habit", (("--push", 40), ("--early",)), ids=("pushes_unasked", "early"))
def test_bytes_nobody_asked_for(make_lab, habit):
    """They are not taken for answers, nor waited for again."""
    replay = Replay(make_lab, target=("--size", 500, *habit))
    assert replay.share(replay.ask(20, 3, "--think", 20, "--body", 300)) >= 0.999


def assert_all_in_the_end(replay, seconds=5):
    wait_until(lambda: not replay.missing(), seconds,
               lambda: f"{len(replay.missing())} requests", pause=0.2)


def test_never_answers_every_50th(make_lab):
    replay = Replay(make_lab, target=(*ASKED, "--never-every", 50))
    assert replay.share(replay.ask(20, 4)) >= 0.98


def test_resets_every_50th(make_lab):
    replay = Replay(make_lab, target=(*ASKED, "--reset-every", 50))
    assert replay.share(replay.ask()) >= 0.99
    assert_all_in_the_end(replay)


def test_closes_after_10(make_lab):
    replay = Replay(make_lab, target=(*ASKED, "--close-after", 10))
    assert replay.share(replay.ask()) >= 0.99
    assert_all_in_the_end(replay)


def test_idle_connections_are_closed(make_lab):
    """Each request comes when the target has closed: none behind a FIN is lost."""
    replay = Replay(make_lab, target=(*ASKED, "--idle-close", 0.6))
    assert replay.share(replay.ask(20, 5, "--think", 1000, "--hesitate", 1)) == 1
    assert " lost:0; bytes" in replay.last_ledger()


def test_four_times_slower(make_lab):
    """All requests in the end; what waits is bounded by what was asked."""
    replay = Replay(make_lab, ("--delay", 5), ("--delay", 20))
    before = replay.tcpcopy.rss_kb()
    replay.ask(20, 1.5, "--think", 0)
    assert_all_in_the_end(replay, 15)
    asked = len(replay.online.served())
    assert sorted(replay.target.served()) == sorted(replay.online.served())
    assert asked > 1000
    assert replay.tcpcopy.peak_rss_kb() - before < 8192
    assert " lost:0; bytes" in replay.last_ledger()


def test_how_long_the_target_takes_to_answer(make_lab, tmp_path):
    """And how long its responses take from intercept to here, though the clocks do not agree."""
    file = tmp_path / "statistics.json"
    replay = Replay(make_lab, ("--delay", 5), ("--delay", 40),
                    options=("--statistics-file", file))
    replay.ask(5, 5, "--think", 100)
    replay.tcpcopy.stop()
    last = json.loads(file.read_text().splitlines()[-1])
    print(last["target_answer"], last["way_back"])
    assert 0.038 < last["target_answer"]["median"] < 0.1
    assert 0 < last["way_back"]["median"] < 0.02


OBJECTS = 300


def test_http2_back_to_back(make_lab):
    """300 objects of 1 MB: the target's bytes are in flight whenever the client says something."""
    lab = make_lab()
    lab.route_responses()
    htdocs = lab.work / "htdocs"
    htdocs.mkdir()
    (htdocs / "object").write_bytes(b"x" * 1_000_000)
    servers = {}
    for host, port in (("online", 80), ("target", 8080)):
        servers[host] = lab.start(host, "nghttpd", "--no-tls", "-v", "-d", htdocs, port)
        servers[host].wait_for(f"listen .*:{port}")
    lab.intercept()
    lab.tcpcopy("-c", POOL)
    client = lab.start("client", "h2load", "-c1", "-m1", "-w16", "-W16", f"-n{OBJECTS}",
                       f"http://{ADDRESS['online']}/object")
    assert client.popen.wait(60) == 0, client.log()
    assert f"{OBJECTS} succeeded" in client.log()
    def complete():
        return len(re.findall(r"send DATA frame <length=\d+, flags=0x01", servers["target"].log()))

    time.sleep(1)
    print(f"{complete()} of {OBJECTS} streams after 1 s")
    wait_until(lambda: complete() == OBJECTS, 10, lambda: f"{complete()} of {OBJECTS}", pause=0.2)


def test_max_lag(make_lab):
    """A target that is four times slower sees the present; what was given up for that is counted."""
    replay = Replay(make_lab, ("--delay", 5), ("--delay", 20), ("--max-lag", 1))
    stopped = replay.ask(20, 4, "--think", 0)
    time.sleep(2.5)
    times = {name: at for _, name, at in replay.online.events("request")}
    lags = [at - times[name] for _, name, at in replay.target.events("request")]
    assert max(lags) < 2  # one second, and a request that is being served
    assert max(at for _, _, at in replay.target.events("request")) < stopped + 2
    shed = len(replay.missing())
    assert shed > 100
    packets = re.search(r"lag-limit:(\d+)/", replay.last_ledger())
    assert int(packets.group(1)) == shed  # each request is one packet
