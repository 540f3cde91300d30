"""Links: their modes, many of them, and what they live through."""

import re
import signal
import sys
import time

import pytest

from lab import ADDRESS, HERE, POOL, statistic, wait_until
from peers import Nginx, assert_same_requests, finish, wrk
from recording import Peers, rules
from test_recording import FILTER, assert_byte_exact

CONTROL_PORT = 36524
CONTROL = (ADDRESS["assistant"], CONTROL_PORT)
# Everything between tcpcopy and intercept is the control channel.
LINK_LOSS = ({"source": ADDRESS["online"], "destination": ADDRESS["assistant"]},
             {"source": ADDRESS["assistant"], "destination": ADDRESS["online"]})


@pytest.fixture
def recorded(make_lab):
    """A lab with recording peers."""
    lab = make_lab()
    lab.route_responses()
    return lab, Peers(lab)


def link_load(lab, host, *arguments):
    return lab.start(host, sys.executable, HERE / "link_load.py", *arguments,
                     name=f"link_{arguments[0]}")


# --- modes

MODES = {
    "payload": ("--with-resp-payload",),
    "payload_one_by_one": ("--with-resp-payload", "--disable-combined"),
    "single": ("--single",),
    "single_payload": ("--single", "--with-resp-payload"),
}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
def test_mode(recorded, mode):
    lab, peers = recorded
    lab.intercept(*mode, filter=FILTER)
    lab.tcpcopy("-c", POOL, *mode, rules=rules())
    assert_byte_exact(peers, [peers.start_client(20, 3, seed=1)], 20 * 3)


OLD_MODES = {
    "combined": ((), ()),
    "one_by_one": (("one-by-one",), ("--disable-combined",)),
    "payload": (("payload",), ("--with-resp-payload",)),
    "single": (("single",), ("--single",)),
}


@pytest.mark.parametrize("old,ours", OLD_MODES.values(), ids=OLD_MODES.keys())
def test_old_intercept(recorded, old, ours):
    """Our tcpcopy, served by a 1.x intercept."""
    lab, peers = recorded
    lab.start("assistant", sys.executable, HERE / "old_intercept.py", CONTROL_PORT, "8080,8081",
              *old, name="old_intercept").wait_for("listening")
    lab.tcpcopy("-c", POOL, *ours, rules=rules())
    assert_byte_exact(peers, [peers.start_client(10, 3, seed=2)], 10 * 3)


def test_translated_addresses(make_lab):
    """The switch replaces the clients' addresses on their way to the target; -D undoes it."""
    lab = make_lab()
    lab.route_via_assistant("62.135.201.0/24")
    lab.rewrite_sources({"62.135.200.1": "62.135.201.1", "62.135.200.2": "62.135.201.2"})
    peers = Peers(lab)
    lab.intercept("-D", "62.135.201.1-62.135.200.1,62.135.201.2-62.135.200.2", filter=FILTER)
    lab.tcpcopy("-c", "62.135.200.1,62.135.200.2", rules=rules())
    assert_byte_exact(peers, [peers.start_client(10, 3, seed=3)], 10 * 3)


@pytest.mark.parametrize("protect", (False, True), ids=("replaces", "is_refused"))
def test_second_single_tcpcopy(make_lab, protect):
    lab = make_lab(hosts=("client", "online", "online2", "target", "assistant"))
    intercept = lab.intercept("--single", *(("-c",) if protect else ()))
    first = lab.tcpcopy("--single", "-C", 1)
    time.sleep(3.2)  # what comes within 3 s is taken for the same tcpcopy
    second = lab.tcpcopy("--single", "-C", 1, host="online2")
    loser, host = (second, "online2") if protect else (first, "online")
    reason = "another tcpcopy is there" if protect else "another tcpcopy came"
    intercept.wait_for(rf"link {ADDRESS[host]}:\d+ closed: {reason}")
    loser.wait_for("link to intercept .* lost")
    winner = first if protect else second
    assert not re.search("link to intercept .* lost", winner.log())


# --- who may connect, and what strangers can do

def test_allow(web):
    lab, online, target = web
    intercept = lab.intercept("--allow", f"192.0.2.0/24,{ADDRESS['online']}")
    lab.tcpcopy("-c", POOL)
    stranger = lab.start("client", sys.executable, HERE / "stranger.py", "send", *CONTROL, "00",
                         name="stranger")
    stranger.wait_for("closed")
    intercept.wait_for(f"link {ADDRESS['client']}:.* closed: --allow does not name its address")
    finish(wrk(lab, 20, 1, pause_ms=10))
    assert_same_requests(online, target)


def test_garbage_connections(web):
    """10,000 connections that speak no protocol, some silent, during a replay."""
    lab, online, target = web
    intercept = lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    client = wrk(lab, 20, 6, pause_ms=10)
    link_load(lab, "client", "garbage", *CONTROL, 10_000, 1).wait_for("done", timeout=240)
    finish(client)
    assert_same_requests(online, target)
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0
    intercept.stop()
    assert statistic(intercept.log(), "garbage") > 1000
    # A line for each reason and second, not one for each connection.
    assert len([line for line in intercept.log().splitlines() if " closed: " in line]) < 200


def test_one_million_routes(make_lab):
    """Memory for each route, measured; run with -rP to see it. A killed tcpcopy's routes go."""
    lab = make_lab(hosts=("online", "assistant"))
    intercept = lab.intercept()
    time.sleep(0.5)
    before = intercept.rss_kb()
    count = 1_000_000
    tcpcopy = link_load(lab, "online", "routes", *CONTROL, 11, count)
    intercept.wait_for(f"routes:{count} ", timeout=240)
    after = intercept.rss_kb()
    each = (after - before) * 1024 / count
    print(f"RSS {before} KB before, {after} KB with {count} routes: {each:.1f} bytes each")
    assert each <= 64
    tcpcopy.stop(signal.SIGKILL)
    intercept.wait_for(r"routes:0 added:1000000 ")


def test_reader_that_stops_reading(make_lab):
    """A peer takes routes and reads nothing for 30 s, while the target sends it more than twice
    what may wait for it: at a replay's usual rate that would take far longer."""
    lab = make_lab()
    lab.route_responses()
    lab.route_via_assistant("62.135.201.0/24")
    online, target = Nginx(lab, "online", 80), Nginx(lab, "target", 8080)
    mode = "--with-resp-payload"
    intercept = lab.intercept(mode)
    tcpcopy = lab.tcpcopy("-c", POOL, mode)
    deaf = link_load(lab, "client", "deaf", *CONTROL, "62.135.201", ADDRESS["target"], 8080)
    deaf.wait_for("registered")
    before = intercept.rss_kb()
    client = wrk(lab, 20, 30, pause_ms=10)
    flood = link_load(lab, "target", "respond", "62.135.201", ADDRESS["target"], 8080, 150_000)
    flood.wait_for("done", timeout=240)
    finish(client)
    assert_same_requests(online, target)
    intercept.wait_for("reads slowly")
    assert deaf.alive()
    assert intercept.rss_kb() - before < 40_000
    log = intercept.log()
    assert statistic(log, "by slow links") > 10_000
    assert max(map(int, re.findall(r"queued bytes:(\d+)", log))) <= 8 << 20
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0


# --- many to many

def test_three_tcpcopies_two_intercepts(make_lab):
    """Three online hosts; two intercepts, each of which captures one port of the target."""
    onlines = ("online", "online2", "online3")
    lab = make_lab(hosts=("client", *onlines, "target", "assistant", "assistant2"))
    ports = {8080: "assistant", 8081: "assistant2"}
    for number, (port, assistant) in enumerate(ports.items(), 100):
        lab.on("target", "ip", "rule", "add", "pref", number, "to", "62.135.0.0/16", "ipproto",
               "tcp", "sport", port, "lookup", number)
        lab.on("target", "ip", "route", "add", "default", "via", ADDRESS[assistant], "table",
               number)
        lab.intercept(host=assistant, filter=f"tcp and src port {port}")
    peers = Peers(lab, onlines=onlines)
    for number, host in enumerate(onlines):
        lab.tcpcopy("-c", f"62.135.{200 + number}.x", rules=rules(), host=host,
                    intercepts=",".join(ADDRESS[a] for a in ports.values()))
    clients = [peers.start_client(11, 3, seed, online=host) for seed, host in enumerate(onlines)]
    assert_byte_exact(peers, clients, 3 * 11 * 3)


# --- surviving

@pytest.mark.parametrize("seconds", (5, 12))
def test_links_are_cut_silently(web, seconds):
    """A firewall drops all that goes over the links, then no longer."""
    lab, online, target = web
    intercept, tcpcopy = lab.intercept(), lab.tcpcopy("-c", POOL)
    client = wrk(lab, 20, seconds + 4, pause_ms=10)
    time.sleep(1)
    for loss in LINK_LOSS:
        lab.lose(100, **loss)
    time.sleep(seconds)
    lab.lose_nothing()
    restored = time.monotonic()
    if seconds > 10:  # the silence was recognised at both ends
        tcpcopy.wait_for("link to intercept .* lost")
        intercept.wait_for(f"link {ADDRESS['online']}:.* closed: ")
    finish(client)
    assert_same_requests(online, target, catch_up=20)
    print(f"caught up at most {time.monotonic() - restored:.1f} s after the links were back")
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0


def test_intercept_restarts_three_times(web):
    lab, online, target = web
    intercept, tcpcopy = lab.intercept(), lab.tcpcopy("-c", POOL)
    client = wrk(lab, 50, 8, pause_ms=10)
    for _ in range(3):
        time.sleep(1.5)
        intercept.stop(signal.SIGKILL)
        time.sleep(0.5)
        intercept = lab.intercept()
    finish(client)
    assert_same_requests(online, target, catch_up=20)
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0


LEDGER = re.compile(r"ledger: .*bytes captured:(\d+) delivered:(\d+) duplicate:(\d+) held:(\d+) "
                    r"lost:(\d+); balanced:(\w+)")


def test_tcpcopy_restarts_three_times(web):
    """What a tcpcopy captured while it ran is on the target: each one's ledger says that it lost
    nothing, and together they delivered what the target was asked."""
    lab, _, target = web
    intercept = lab.intercept()
    tcpcopies = [lab.tcpcopy("-c", POOL)]
    client = wrk(lab, 20, 8, pause_ms=10)
    for _ in range(3):
        time.sleep(1.5)
        tcpcopies[-1].stop()
        wait_until(lambda: statistic(intercept.log(), "routes") == 0, 5, "no routes")
        tcpcopies.append(lab.tcpcopy("-c", POOL))
    finish(client)
    time.sleep(1)
    tcpcopies[-1].stop()
    delivered = 0
    for tcpcopy in tcpcopies:
        account = LEDGER.findall(tcpcopy.log())[-1]
        captured, arrived, duplicate, held, lost = map(int, account[:5])
        assert (captured - duplicate, held, lost, account[5]) == (arrived, 0, 0, "yes")
        assert arrived > 0
        delivered += arrived
    request = f"GET / HTTP/1.1\r\nHost: {ADDRESS['online']}\r\n\r\n"
    assert delivered == target.requests() * len(request)
