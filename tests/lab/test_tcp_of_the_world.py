"""Connections as few programs make them: the target's application sees what production's saw."""

import sys

import pytest

from lab import ADDRESS, HERE, POOL, statistic
from odd_peers import UPLOADED, UPLOADS, OddServer
from peers import Nginx, assert_same_requests

CONNECTIONS = 5
SMALL_MTU = 700


class World:
    """A server of a kind online and on the target, and clients of it."""

    def __init__(self, make_lab, kind, *options):
        self.lab = make_lab()
        self.lab.route_responses()
        self.kind = kind
        self.start_servers()
        self.lab.intercept()
        self.tcpcopy = self.lab.tcpcopy("-c", POOL, *options)

    def start_servers(self):
        self.online = OddServer(self.lab, self.kind, "online", 80)
        self.target = OddServer(self.lab, self.kind, "target", 8080)

    def call(self):
        client = self.lab.start("client", sys.executable, HERE / "odd_peers.py", "call", self.kind,
                                ADDRESS["online"], 80, CONNECTIONS, name="odd")
        assert client.popen.wait(60) == 0, client.log()

    def assert_alike(self):
        """As many connections, of which each ended as its original, and read as much."""
        def alike(report):
            return report["bytes"], report["checksum"], report["end"]

        online = self.online.wait_for(CONNECTIONS)
        self.target.wait_for(CONNECTIONS)
        self.tcpcopy.stop()
        target = self.target.reports()
        assert sorted(map(alike, target)) == sorted(map(alike, online))
        assert statistic(self.tcpcopy.log(), "reconnect") == 0
        assert "balanced:yes" in self.tcpcopy.log()
        return online, target


@pytest.mark.parametrize("options", ((), ("--send", "link")), ids=("raw", "link"))
def test_urgent_bytes(make_lab, options):
    """The target takes smaller segments than the online server: the stream is cut anew."""
    world = World(make_lab, "urgent", *options)
    world.lab.on("target", "ip", "link", "set", "eth0", "mtu", SMALL_MTU)
    world.call()
    online, target = world.assert_alike()
    assert [report["urgent"] for report in online + target] == ["u"] * CONNECTIONS * 2
    assert len({report["mark"] for report in online}) == CONNECTIONS
    assert sorted((report["mark"], report["bytes"]) for report in target) == sorted(
        (report["mark"], report["bytes"]) for report in online)


def test_server_half_closes(make_lab):
    world = World(make_lab, "half-close")
    world.call()
    online, _ = world.assert_alike()
    assert {report["end"] for report in online} == {"closed"}


def test_client_aborts_behind_its_fin(make_lab):
    world = World(make_lab, "fin-reset")
    world.call()
    online, _ = world.assert_alike()
    assert {report["end"] for report in online} == {"reset"}


def test_client_aborts_an_upload(make_lab):
    world = World(make_lab, "abort")
    world.call()
    online, _ = world.assert_alike()
    assert {(report["end"], report["bytes"]) for report in online} == {("reset", UPLOADED)}


class Web(World):
    def start_servers(self):
        self.online, self.target = Nginx(self.lab, "online", 80), Nginx(self.lab, "target", 8080)


def test_upload_that_waits_for_100_continue(make_lab):
    world = Web(make_lab, "expect")
    world.call()
    assert assert_same_requests(world.online, world.target) == CONNECTIONS * UPLOADS
    world.tcpcopy.stop()
    log = world.tcpcopy.log()
    assert statistic(log, "reconnect") == 0
    assert "held:0 lost:0; balanced:yes" in log
