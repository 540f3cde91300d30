"""What the engine promises on real kernels: full-duplex protocols, joining, targets that stop."""

import re
import signal
import sys
import time

import pytest

from lab import ADDRESS, HERE, POOL, statistic, wait_until
from peers import assert_same_requests, wrk
from recording import ONLINE_PORTS, Peers, rules

MOST_MEMORY_KB = 64 * 1024  # tcpcopy holds a few MB under these loads


def assert_done(client, timeout=60):
    assert client.popen.wait(timeout) == 0, client.log()


def assert_sound(tcpcopy):
    """Memory was bounded; at the end every account balances. Returns the log."""
    assert tcpcopy.alive()
    peak_kb = tcpcopy.peak_rss_kb()
    tcpcopy.stop()
    log = tcpcopy.log()
    assert "balanced:NO" not in log
    assert "balanced:yes" in log.split("ending:")[1]
    assert peak_kb < MOST_MEMORY_KB
    return log


class Nghttpd:
    """A server of HTTP/2 without TLS, whose log tells each request."""

    def __init__(self, lab, host, port):
        root = lab.work / "htdocs"
        root.mkdir(exist_ok=True)
        (root / "page").write_bytes(b"x" * 3000)
        self.process = lab.start(host, "nghttpd", "--no-tls", "-v", "-d", root, port)
        self.process.wait_for(f"listen .*:{port}")

    def requests(self):
        return len(re.findall(r"recv HEADERS frame", self.process.log()))


def test_http2_with_many_streams(make_lab):
    lab = make_lab()
    lab.route_responses()
    online, target = Nghttpd(lab, "online", 80), Nghttpd(lab, "target", 8080)
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    requests = 6000
    client = lab.start("client", "h2load", "-c10", "-m20", f"-n{requests}",
                       f"http://{ADDRESS['online']}/page")
    assert_done(client)
    assert f"{requests} succeeded" in client.log()
    assert assert_same_requests(online, target, catch_up=5) == requests
    log = assert_sound(tcpcopy)
    assert statistic(log, "lost") == 0


@pytest.mark.parametrize("percent", (0, 1), ids=("no_loss", "loss"))
def test_both_sides_speak_at_will(make_lab, percent):
    """Chat as over a WebSocket, and mail: the target reads byte for byte what online read."""
    lab = make_lab()
    lab.route_responses()
    peers = Peers(lab, program="chat_peer.py")
    lab.intercept(filter="tcp and (src port 8080 or src port 8081)")
    tcpcopy = lab.tcpcopy("-c", POOL, rules=rules())
    if percent:
        lab.lose(percent, destination=ADDRESS["target"])
    clients, connections = 20, 2
    client = lab.start("client", sys.executable, HERE / "chat_client.py", ADDRESS["online"],
                       *ONLINE_PORTS, clients, connections, 60, name="chat")
    assert_done(client)
    differences, count = peers.compare(catch_up=10 + 20 * percent, ends=not percent)
    assert count == clients * connections
    assert not differences, "\n".join(differences[:10])
    log = assert_sound(tcpcopy)
    assert statistic(log, "lost") == 0


def test_started_in_the_middle_of_a_load(web):
    """From then on every request arrives, but for the one being cut on each connection."""
    lab, online, target = web
    connections = 50
    lab.intercept()
    client = wrk(lab, connections, 6, pause_ms=10)
    wait_until(lambda: online.requests() > 1000, 10, "load")
    tcpcopy = lab.tcpcopy("-c", POOL)
    before = online.requests()
    assert_done(client)
    expected = online.requests() - before
    wait_until(lambda: target.requests() >= expected - connections, 10,
               lambda: f"{expected} requests; the target has {target.requests()}")
    assert expected > 5000
    log = assert_sound(tcpcopy)
    assert statistic(log, "for no syn") == connections


def test_target_is_stopped_for_a_while(web):
    """A target that hangs costs memory, and that is bounded; then it gets everything."""
    lab, online, target = web
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    client = wrk(lab, 20, 24, pause_ms=20)
    wait_until(lambda: target.requests() > 500, 10, "load")
    target.process.popen.send_signal(signal.SIGSTOP)
    time.sleep(20)
    target.process.popen.send_signal(signal.SIGCONT)
    assert_done(client)
    assert_same_requests(online, target)
    log = assert_sound(tcpcopy)
    assert statistic(log, "lost") == 0


def test_target_is_killed_and_restarted(web):
    """What was under way is lost, and counted; the replay goes on by itself."""
    lab, online, target = web
    connections = 50
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    client = wrk(lab, connections, 14, pause_ms=10)
    wait_until(lambda: target.requests() > 1000, 10, "load")
    target.process.stop(signal.SIGKILL)
    time.sleep(1)
    target.start()
    time.sleep(6)  # attempts are made 1, 2, 4 s apart: by now all sessions have a connection again
    target_before = target.requests()  # asked first, so that what comes in between counts for nothing
    online_before = online.requests()
    assert_done(client)
    expected = online.requests() - online_before
    wait_until(lambda: target.requests() - target_before >= expected - connections, 10,
               lambda: f"{expected} requests; the target has {target.requests() - target_before}")
    assert expected > 5000
    log = assert_sound(tcpcopy)
    assert statistic(log, "reconnect") >= connections


def test_loss_on_the_way_to_the_target(web):
    lab, online, target = web
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    lab.lose(1, destination=ADDRESS["target"])
    client = wrk(lab, 50, 6, pause_ms=10)
    assert_done(client)
    assert_same_requests(online, target, catch_up=30)
    log = assert_sound(tcpcopy)
    assert statistic(log, "lost") == 0
    assert statistic(log, "retransmit") > 50


def test_capture_misses_packets(web):
    """What is lost are the requests that were missed, and the ledger knows of each hole."""
    lab, online, target = web
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL, "--lose-captured", 100)
    client = wrk(lab, 50, 8, pause_ms=10)
    assert_done(client)
    expected = online.requests()
    time.sleep(1.5)  # statistics come each second
    wait_until(lambda: statistic(tcpcopy.log(), "held") == 0, 40, "the last hole's end")
    count = target.requests()
    log = assert_sound(tcpcopy)
    missed = statistic(log, "packets thrown away")
    assert missed > expected / 2000
    assert expected * 0.99 <= count <= expected
    holes = [int(n) for n in re.findall(r"capture-hole:(\d+)/\d+B/(\d+)s", log)[-1]]
    assert 0 < holes[1] <= 50  # sessions; one can have several holes
    assert expected - count <= missed + holes[0]
