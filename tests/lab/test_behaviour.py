"""What the daemons do to others, when they end, and when others fail or misbehave."""

import random
import signal
import struct
import sys
import time

import pytest

from lab import ADDRESS, HERE, POOL, open_connections, wait_until
from peers import Nginx, assert_same_requests, finish, wrk

CONTROL_PORT = 36524
HELLO = struct.pack("!IHHIH", 0, 0, 6, 0, 0)
ADD_ROUTE = 1


@pytest.mark.parametrize("pool", (True, False), ids=("client_pool", "clients_own_address"))
def test_client_and_online_server_see_nothing(make_lab, pool):
    lab = make_lab()
    lab.route_responses(pool)
    online, target = Nginx(lab, "online", 80), Nginx(lab, "target", 8080)
    lab.intercept()
    lab.tcpcopy(*(("-c", POOL) if pool else ()))
    conversation = f"host {ADDRESS['client']} and host {ADDRESS['online']} and tcp port 80"
    control = f"host {ADDRESS['assistant']} and tcp port {CONTROL_PORT}"
    injected = f"dst host {ADDRESS['target']} and tcp dst port 8080"
    captures = [
        strange_packets(lab, "client", f"not ({conversation})"),
        strange_packets(lab, "online", f"not (({conversation}) or ({control}) or ({injected}))"),
    ]
    # Nothing but the end of a conversation resets it, and the client ends it.
    captures.append(strange_packets(
        lab, "client", f"src host {ADDRESS['online']} and tcp[tcpflags] & tcp-rst != 0"))

    finish(wrk(lab, 50, 3, pause_ms=10))
    assert_same_requests(online, target)
    for capture in captures:
        capture.stop()
        assert len(capture.log().splitlines()) == 1, capture.log()


def strange_packets(lab, host, expression):
    """Starts a capture; what the switch and the kernels say on their own (IGMP) is not ours."""
    return lab.start(host, sys.executable, HERE / "capture.py", "eth0", f"not igmp and {expression}",
                     name="capture").wait_for("listening on")


@pytest.mark.parametrize("together", (True, False), ids=("together", "intercept_first"))
def test_end_during_load(web, together):
    lab, _, _ = web
    intercept, tcpcopy = lab.intercept(), lab.tcpcopy("-c", POOL)
    client = wrk(lab, 50, 5, pause_ms=10)
    wait_until(lambda: len(open_connections(lab, "target", 8080)) >= 50, 5, "50 connections")
    time.sleep(1)

    intercept.popen.send_signal(signal.SIGTERM)
    if not together:
        assert intercept.popen.wait(2) == 0
    tcpcopy.popen.send_signal(signal.SIGTERM)
    assert tcpcopy.popen.wait(2) == 0
    assert intercept.popen.poll() == 0

    assert open_connections(lab, "target", 8080) == []
    assert "balanced:yes" in tcpcopy.log().split("ending:")[1]
    assert "total captured packets:" in intercept.log().split("ending")[1]
    for daemon in (tcpcopy, intercept):
        assert "cpu user:" in daemon.log()
    assert len(open_connections(lab, "online", 80)) >= 50
    finish(client)


def test_ledger_balances(web):
    lab, online, target = web
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    finish(wrk(lab, 50, 2, pause_ms=10))
    assert_same_requests(online, target)
    tcpcopy.stop()
    last = [line for line in tcpcopy.log().splitlines() if " ledger: " in line][-1]
    assert "live:0 lost:0;" in last and "held:0 lost:0; balanced:yes" in last


def test_intercept_comes_later(web):
    lab, online, target = web
    tcpcopy = lab.tcpcopy("-c", POOL, wait=False)
    tcpcopy.wait_for(f"cannot reach intercept {ADDRESS['assistant']}:{CONTROL_PORT}: .*retrying")
    time.sleep(2)
    lab.intercept()
    tcpcopy.wait_for("connected to intercept", timeout=15)
    finish(wrk(lab, 20, 2, pause_ms=10))
    assert_same_requests(online, target)


@pytest.mark.parametrize("close", (False, True), ids=("keep_alive", "connection_per_request"))
def test_intercept_restarts_under_load(web, close):
    lab, online, target = web
    intercept = lab.intercept()
    lab.tcpcopy("-c", POOL).wait_for("connected")
    client = wrk(lab, 50, 6, pause_ms=10, close=close)
    time.sleep(2)
    intercept.stop(signal.SIGKILL)
    time.sleep(1)
    lab.intercept()
    finish(client)
    assert_same_requests(online, target, catch_up=15)


GARBAGE = {
    "http_request": (b"GET / HTTP/1.1\r\nHost: assistant\r\n\r\n", "no message of a tcpcopy"),
    "random_bytes": (random.Random(1).randbytes(5000), "no message of a tcpcopy"),
    "unknown_type": (HELLO + struct.pack("!IHHIH", 1, 2, 77, 3, 4), "message type 77 is unknown"),
    "half_a_hello": (HELLO[:7], "said nothing in time"),
    "half_a_message": (HELLO + struct.pack("!IHH", 1, 2, ADD_ROUTE), "did not finish it"),
    "silence": (b"", "said nothing in time"),
}


@pytest.mark.parametrize("data,reason", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_to_intercept(web, data, reason):
    lab, online, target = web
    intercept = lab.intercept()
    lab.tcpcopy("-c", POOL)
    stranger = lab.start("client", sys.executable, HERE / "stranger.py", "send",
                         ADDRESS["assistant"], CONTROL_PORT, data.hex(), name="stranger")
    client = wrk(lab, 20, 3, pause_ms=10)
    intercept.wait_for(f"link {ADDRESS['client']}:.* closed: .*{reason}", timeout=15)
    stranger.wait_for("closed")
    finish(client)
    assert_same_requests(online, target)


@pytest.mark.parametrize("data,reason", (
    (b"\xff\xff", "it has said nothing for 3 s"),  # the first bytes of a greeting
    (b"\xff\xff" + random.Random(3).randbytes(64), "it has said nothing for 3 s"),
    (b"\x00\x00", "a frame of 0 records cannot be"),
    (b"\x00\x01" + random.Random(2).randbytes(64), "a record that is no response"),
), ids=("half_a_greeting", "random_greeting", "count_0", "random_record"))
def test_garbage_to_tcpcopy(web, data, reason):
    lab, online, target = web
    lab.intercept()
    lab.start("client", sys.executable, HERE / "stranger.py", "serve", 4000, data.hex(),
              name="stranger").wait_for("listening")
    tcpcopy = lab.tcpcopy("-c", POOL, intercepts=f"{ADDRESS['assistant']},{ADDRESS['client']}:4000")
    client = wrk(lab, 20, 3, pause_ms=10)
    tcpcopy.wait_for(f"intercept {ADDRESS['client']}:4000.*{reason}")
    finish(client)
    assert_same_requests(online, target)
