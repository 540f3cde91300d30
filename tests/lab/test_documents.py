"""The commands of README.md and docs/, as they stand there: each block that says `run: NAME`."""

import shutil
import subprocess
import sys
import time

import pytest

from documents import play
from lab import ADDRESS, ROOT, wait_until
from peers import Nginx, Redis, assert_same_requests, finish, wrk

STORE = """import socket, sys
link = socket.create_connection((sys.argv[1], 11211))
for number in range(100):
    link.sendall(b"set k%d 0 0 3\\r\\nabc\\r\\n" % number)
    assert link.recv(100) == b"STORED\\r\\n"
"""
STORED = """import socket
link = socket.create_connection(("127.0.0.1", 11211))
link.sendall(b"stats\\r\\nquit\\r\\n")
print(link.makefile().read())
"""
FETCH = "import sys, urllib.request as u; print(u.urlopen(f'http://{sys.argv[1]}/').read())"
ASK = "import sys, urllib.request as u; [u.urlopen(f'http://{sys.argv[1]}/').read() for _ in range(50)]"


@pytest.fixture
def kitchen(make_lab):
    lab = make_lab()
    play(lab, "cook-begin")
    return lab


@pytest.fixture
def servers(kitchen):
    return kitchen, Nginx(kitchen, "online", 80), Nginx(kitchen, "target", 8080)


def connected(processes):
    processes[-1].wait_for("connected to intercept")


@pytest.mark.parametrize("name", ("cook-http", "cook-late"))
def test_http(servers, name):
    lab, online, target = servers
    connected(play(lab, name))
    finish(wrk(lab, 5, 2, pause_ms=10))
    assert_same_requests(online, target)


def test_five_minutes(make_lab):
    lab = make_lab()
    online, target = Nginx(lab, "online", 80), Nginx(lab, "target", 8080)
    play(lab, "five-minutes-route")
    intercept = play(lab, "five-minutes-intercept")
    tcpcopy = play(lab, "five-minutes-tcpcopy")
    connected(tcpcopy)
    finish(wrk(lab, 5, 2, pause_ms=10))
    assert_same_requests(online, target)
    tcpcopy[0].wait_for("first bytes delivered: ")
    assert tcpcopy[0].stop() == intercept[0].stop() == 0


def test_part(servers):
    lab, online, target = servers
    connected(play(lab, "cook-part"))
    finish(wrk(lab, 20, 2, pause_ms=10, close=True))
    wait_until(lambda: 0.02 < target.requests() / online.requests() < 0.3, 10)


def test_stress(servers):
    lab, online, target = servers
    connected(play(lab, "cook-stress"))
    finish(wrk(lab, 5, 2, pause_ms=10))
    assert_same_requests(online, target, copies=3)


def test_ramp(servers):
    lab, online, target = servers
    connected(play(lab, "cook-ramp"))
    finish(wrk(lab, 20, 4, pause_ms=10, close=True))
    assert 0 < target.requests() < online.requests() / 2


def test_redis(kitchen):
    online, target = Redis(kitchen, "online", 6379), Redis(kitchen, "target", 6379)
    connected(play(kitchen, "cook-redis"))
    client = kitchen.start("client", "redis-benchmark", "-h", ADDRESS["online"], "-c", 10, "-n", 1000,
                           "-t", "set,get", "-q")
    assert client.popen.wait(60) == 0, client.log()
    wait_until(lambda: int(online.commands()["get"]) == int(target.commands().get("get", 0)) == 1000, 10)


@pytest.mark.skipif(not shutil.which("memcached"), reason="memcached is not here")
def test_memcached(kitchen):
    for host in ("online", "target"):
        kitchen.start(host, "memcached", "-u", "root", "-l", "0.0.0.0")
        wait_until(lambda: ":11211 " in kitchen.on(host, "ss", "-Htln"), 5, "memcached")
    connected(play(kitchen, "cook-memcached"))
    kitchen.on("client", sys.executable, "-c", STORE, ADDRESS["online"])
    wait_until(lambda: "STAT cmd_set 100" in kitchen.on("target", sys.executable, "-c", STORED), 10)


def test_http2(kitchen):
    peers = {}
    for host, port in (("online", 80), ("target", 8080)):
        root = kitchen.work / f"root-{host}"
        root.mkdir()
        (root / "page").write_text("hello\n")
        peers[host] = kitchen.start(host, "nghttpd", "--no-tls", "-v", "-d", root, port)
        wait_until(lambda: f":{port} " in kitchen.on(host, "ss", "-Htln"), 5, "nghttpd")
    connected(play(kitchen, "cook-http2"))
    client = kitchen.start("client", "h2load", "-c5", "-m5", "-n200", f"http://{ADDRESS['online']}/page")
    assert client.popen.wait(60) == 0, client.log()
    asked = {host: lambda peer=peer: peer.log().count(":path: /page") for host, peer in peers.items()}
    wait_until(lambda: asked["online"]() == asked["target"]() == 200, 10)


def test_file(servers):
    lab, online, target = servers
    capture = play(lab, "cook-capture")[0]
    finish(wrk(lab, 5, 2, pause_ms=10))
    time.sleep(2)  # the kernel hands packets on a second later, when they do not fill a block
    capture.stop()
    replay = play(lab, "cook-file")[-1]
    assert replay.popen.wait(60) == 0, replay.log()
    assert_same_requests(online, target)


def test_several(make_lab):
    lab = make_lab(hosts=("client", "online", "online2", "target", "assistant"))
    lab.on("target", "ip", "route", "add", "198.18.0.0/23", "via", ADDRESS["assistant"])
    online, other, target = Nginx(lab, "online", 80), Nginx(lab, "online2", 80), Nginx(lab, "target", 8080)
    for process in play(lab, "cook-several")[1:]:
        process.wait_for("connected to intercept")
    for host in ("online", "online2"):
        lab.on("client", sys.executable, "-c", ASK, ADDRESS[host])
    wait_until(lambda: target.requests() == 100, 10)
    assert online.requests() == other.requests() == 50


def test_deployment(make_lab):
    lab = make_lab()
    online, target = Nginx(lab, "online", 80), Nginx(lab, "target", 8080)
    play(lab, "deploy-route")
    play(lab, "deploy-reverse-path")
    play(lab, "deploy-forward")
    play(lab, "deploy-intercept")
    play(lab, "deploy-notrack")
    connected(play(lab, "deploy-tcpcopy"))
    finish(wrk(lab, 5, 2, pause_ms=10))
    assert_same_requests(online, target)
    assert "notrack" in lab.on("online", "nft", "list", "ruleset")


def test_deployment_without_a_pool_where_the_assistant_forwards(make_lab):
    lab = make_lab()
    online, target = Nginx(lab, "online", 80), Nginx(lab, "target", 8080)
    play(lab, "deploy-rule")
    play(lab, "deploy-exempt")
    lab.sysctl("assistant", "net.ipv4.ip_forward", 1)
    play(lab, "deploy-blackhole")
    play(lab, "deploy-intercept")
    lab.tcpcopy()
    finish(wrk(lab, 5, 2, pause_ms=10))
    assert_same_requests(online, target)
    # This host's own connections to the target go on.
    assert "hello" in lab.on("online", sys.executable, "-c", FETCH, f"{ADDRESS['target']}:8080")


def test_deployment_on_the_target(make_lab):
    lab = make_lab()
    online, target = Nginx(lab, "online", 80), Nginx(lab, "target", 8080)
    dummy, veth = "ip link add sink0 type dummy", "ip link add sink0 arp off type veth peer name sink1 arp off"
    assert f"`{veth}`" in (ROOT / "docs/deployment.md").read_text().replace("\n", " ")
    has_dummy = subprocess.run(["unshare", "--net", *dummy.split()], check=False).returncode == 0
    instead = [] if has_dummy else [(dummy, f"{veth} && ip link set sink1 up")]
    play(lab, "deploy-sink", instead)
    lab.tcpcopy("-c", "198.18.0.x", intercepts=ADDRESS["target"])
    finish(wrk(lab, 5, 2, pause_ms=10))
    assert_same_requests(online, target)


def test_deployment_of_several(make_lab):
    lab = make_lab(hosts=("client", "online", "online2", "target", "assistant"))
    online, other, target = Nginx(lab, "online", 80), Nginx(lab, "online2", 80), Nginx(lab, "target", 8080)
    lab.intercept()
    for process in play(lab, "deploy-several"):
        process.wait_for("connected to intercept")
    for host in ("online", "online2"):
        lab.on("client", sys.executable, "-c", ASK, ADDRESS[host])
    wait_until(lambda: target.requests() == 100, 10)
    assert online.requests() == other.requests() == 50


def test_check(web):
    lab, _, _ = web
    lab.intercept()
    play(lab, "check-path")  # it fails where a hop is broken
    play(lab, "check-assistant")
