"""Captures as they are in the world: small files of shapes that real ones have, and the lab's own
load wrapped into every encapsulation, arrive byte for byte."""

import sys

import pytest

import wrap_pcap
from lab import ADDRESS, HERE, POOL, run, statistic, wait_until
from recording import Peers, Recording, differences
from test_ways import record, replay

GET = (28, "b2265ad0549b139fc69e9c6f96e41ab481bbdedbbcb5b21afda01ba9d2a0b80f")
POST_AND_GET = (4079, "7a9216e47177bcbadbf982969ae86742d84631331e76b8d39a5da89fa8329810")
TWO_REQUESTS = (1428, "a2b472811c62ea8d1da95b03aaa28dba54e57d59b9fca2d88fb0383444329363")
CASES = {
    "tso-total-length-0.pcap": [POST_AND_GET],
    "response-cut.pcap": [GET],
    "linktype-101-control.pcap": [GET],
    "linktype-228-raw-ipv4.pcap": [GET],
    "linktype-108-loop.pcap": [GET],
    "linktype-9-ppp.pcap": [GET],
    "mixed-link-types.pcapng": [GET, GET],
    "rst-with-text.pcap": [GET],
    "ip-fragments.pcap": [TWO_REQUESTS],
    "mpls.pcap": [GET],
    "vlan-3-tags.pcap": [GET],
}
LARGE_MTU = 9000
EVERYTHING = ("-a", "max", "--fail-below", "100")


def case(name):
    return HERE / "cases" / name


def test_every_case_is_tried():
    assert {path.name for path in (HERE / "cases").glob("*.pcap*")} == set(CASES)


@pytest.fixture
def silent(make_lab):
    """A lab whose target answers nothing."""
    lab = make_lab()
    lab.route_responses()
    return lab, Recording(lab, "target", "silent_peer.py", (8080,))


@pytest.mark.parametrize("name", CASES)
def test_case(silent, name):
    lab, target = silent
    tcpcopy = replay(lab, *EVERYTHING, files=[case(name)])
    assert "balanced:yes" in tcpcopy.log()
    assert "could not be read" not in tcpcopy.log()
    brought = [(connection["bytes"], connection["sha256"]) for connection in target.finish()]
    assert brought == CASES[name]


def test_nothing_matches_the_rules(silent):
    """It says so, and what was there, and fails."""
    lab, _ = silent
    tcpcopy = lab.start("assistant", lab.build / "src/tcpcopy/tcpcopy", "--offline", "-i",
                        case("mpls.pcap"), "-x", f"8000-{ADDRESS['target']}:8080", "-c", POOL,
                        "--responses", "eth0")
    assert tcpcopy.popen.wait(60) == 4, tcpcopy.log()
    assert "nothing in these files matched the rules" in tcpcopy.log()
    assert "went to 198.51.100.20:80 (" in tcpcopy.log()
    assert "all has been replayed" not in tcpcopy.log()


def test_nothing_can_be_read(silent):
    """A file that holds IPv6 alone: the kinds and numbers are named."""
    lab, _ = silent
    packet = bytes((0x60, 0, 0, 0, 0, 0, 6, 64)) + bytes(32)
    file = lab.work / "ipv6.pcap"
    wrap_pcap.write(file, wrap_pcap.IPV6, [(1.0, packet, len(packet))] * 3)
    tcpcopy = replay(lab, "-a", "max", status=4, files=[file])
    assert "3 of 3 captured packets could not be read: ipv6:3" in tcpcopy.log()
    assert "no TCP over IPv4 could be read" in tcpcopy.log()


def test_a_link_type_that_cannot_be_read(silent):
    lab, _ = silent
    file = lab.work / "wireless.pcap"
    wrap_pcap.write(file, 127, [(1.0, bytes(40), 40)])
    tcpcopy = replay(lab, status=2, files=[file])
    assert "link type (127, 802.11 plus radiotap header) cannot be read" in tcpcopy.log()


def test_an_interface_of_a_link_type_that_cannot_be_read(silent):
    """What the others brought is replayed."""
    lab, target = silent
    packets = [packet for _, packet, _ in wrap_pcap.packets_of(case("mpls.pcap"))]
    file = lab.work / "mixed.pcapng"
    blocks = wrap_pcap.Pcapng("<")
    blocks.interface(wrap_pcap.RAW, 6)
    blocks.interface(127, 6)
    for i, packet in enumerate(packets):
        blocks.packet(0, i / 100, packet)
        blocks.packet(1, i / 100, bytes(30))
    file.write_bytes(blocks.bytes)
    tcpcopy = replay(lab, *EVERYTHING, files=[file])
    assert f"{len(packets)} packets are left out: frames of their link type" in tcpcopy.log()
    assert [connection["bytes"] for connection in target.finish()] == [GET[0]]


def test_a_cut_packet_that_comes_again_is_whole(silent):
    """And one that does not is not: the client's bytes are what --fail-below speaks of."""
    lab, target = silent
    frames = wrap_pcap.packets_of(case("mpls.pcap"))
    request = next(i for i, (_, packet, _) in enumerate(frames)
                   if packet[16:20] == bytes((198, 51, 100, 20)) and len(packet) > 60)
    cut = [(time, packet, len(packet)) for time, packet, _ in frames]
    time, packet, length = cut[request]
    cut[request] = (time, packet[:50], length)
    file = lab.work / "cut.pcap"
    wrap_pcap.write(file, wrap_pcap.RAW, cut)
    tcpcopy = replay(lab, *EVERYTHING, files=[file], status=3)
    assert f"{length - 40} bytes are missing" in tcpcopy.log()
    again = cut[:request + 1] + [(time + 0.001, packet, length)] + cut[request + 1:]
    wrap_pcap.write(file, wrap_pcap.RAW, again)
    tcpcopy = replay(lab, *EVERYTHING, files=[file])
    assert "captured without all of their payload, 0 bytes are missing" in tcpcopy.log()
    assert target.finish()[-1]["sha256"] == GET[1]


def test_a_file_that_has_gone_before_a_further_pass(silent):
    lab, target = silent
    one, other = (lab.work / name for name in ("one.pcap", "other.pcap"))
    for file in (one, other):
        file.write_bytes(case("linktype-101-control.pcap").read_bytes())
    # The files last 3 s, so that one can go before the second pass.
    tcpcopy = lab.start("assistant", lab.build / "src/tcpcopy/tcpcopy", "--offline", "-i",
                        f"{one}", "-T", "3", "-x", f"80-{ADDRESS['target']}:8080", "-c", POOL,
                        "--responses", "eth0", "--statistics", "1").wait_for("started")
    one.unlink()
    assert tcpcopy.popen.wait(60) == 1, tcpcopy.log()
    assert "it is left out of pass 2 of 3" in tcpcopy.log()
    assert "ending: not all has been replayed" in tcpcopy.log()
    assert "balanced:yes" in tcpcopy.log().split("ending:")[1]
    assert len(target.finish()) == 1


GROUPS = 6


@pytest.mark.parametrize("group", range(GROUPS))
def test_wrapped(make_lab, group):
    """The same load in each encapsulation."""
    lab = make_lab(offload=False)
    lab.route_responses()
    peers = Peers(lab)
    file = lab.work / "clients.pcap"
    record(lab, file, lambda: [peers.start_client(6, 3, seed=group)])
    online = [found for recording in peers.onlines.values() for found in recording.finish()]
    frames = wrap_pcap.packets_of(file)
    for times, (name, wrap) in enumerate(list(wrap_pcap.WRAPS.items())[group::GROUPS], 1):
        wrapped = lab.work / f"{name}.pcap"
        wrap(wrapped, frames)
        tcpcopy = replay(lab, *EVERYTHING, files=[wrapped])
        assert "could not be read" not in tcpcopy.log(), name
        try:
            wait_until(lambda n=times: not differences(online, peers.target.report(), times=n), 5)
        except TimeoutError:
            pass
        found = differences(online, peers.target.report(), times=times)
        assert not found, f"{name}: {found[:3]}"
        assert statistic(tcpcopy.log(), "lost") == 0, name


@pytest.mark.parametrize("name", ("three-tags", "mpls", "pppoe", "fragments-reversed",
                                  "total-length-0"))
def test_wrapped_on_a_device(make_lab, name):
    """What a mirror sends arrives through a device as it does from a file, without a filter."""
    lab = make_lab(hosts=("client", "online", "target", "assistant", "mirror"), offload=False)
    run("ip", "link", "add", "port0", "netns", "mirror", "type", "veth", "peer", "name", "copy0",
        "netns", "assistant")
    for host, device in (("mirror", "port0"), ("assistant", "copy0")):
        lab.on(host, "ip", "link", "set", device, "mtu", LARGE_MTU, "up")
    lab.route_responses()
    peers = Peers(lab)
    file, wrapped = lab.work / "clients.pcap", lab.work / "wrapped.pcap"
    record(lab, file, lambda: [peers.start_client(4, 2, seed=1)])
    online = [found for recording in peers.onlines.values() for found in recording.finish()]
    wrap_pcap.WRAPS[name](wrapped, wrap_pcap.packets_of(file))
    tcpcopy = lab.start("assistant", lab.build / "src/tcpcopy/tcpcopy", "--capture", "pcap", "-i",
                        "copy0", "-x", ",".join(f"{ADDRESS['online']}:{o}-{ADDRESS['target']}:{t}"
                                                for o, t in ((80, 8080), (81, 8081))),
                        "-c", POOL, "--responses", "eth0", "--statistics", "1").wait_for("started")
    lab.on("mirror", sys.executable, HERE / "send_frames.py", "port0", wrapped,
           lab.on("assistant", "cat", "/sys/class/net/copy0/address").strip())
    try:
        wait_until(lambda: not differences(online, peers.target.report()), 30)
    except TimeoutError:
        pass
    assert not differences(online, peers.target.report()), tcpcopy.log()


def test_a_frame_in_front_of_segmentation_on_a_device(silent):
    """Larger than any packet on a wire, and without a total length."""
    lab, target = silent
    lab.on("assistant", "ip", "link", "add", "port0", "type", "veth", "peer", "name", "copy0")
    for device in ("port0", "copy0"):
        lab.on("assistant", "ip", "link", "set", device, "mtu", LARGE_MTU, "up")
    tcpcopy = lab.start("assistant", lab.build / "src/tcpcopy/tcpcopy", "--capture", "pcap", "-i",
                        "copy0", "-x", f"80-{ADDRESS['target']}:8080", "-c", POOL, "--responses",
                        "eth0", "--statistics", "1").wait_for("started")
    lab.on("assistant", sys.executable, HERE / "send_frames.py", "port0",
           case("tso-total-length-0.pcap"), "02:00:00:00:00:01")
    wait_until(lambda: target.report() and target.report()[0]["bytes"] == POST_AND_GET[0], 20,
               tcpcopy.log)
    assert target.report()[0]["sha256"] == POST_AND_GET[1]
