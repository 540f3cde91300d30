"""The ways in and out: files, devices, responses without an intercept."""

import json
import re
import struct
import subprocess
import sys
import time

import pytest

import many_clients
from lab import (ADDRESS, HERE, POOL, POOL_NET, ROOT, open_connections, run, statistic,
                 wait_until)
from peers import Nginx, assert_same_requests, finish, wrk
from recording import Peers, Recording, differences, rules

PCAP_HEADER = 24
RECORD_HEADER = 16
ONLINE = f"dst host {ADDRESS['online']} and (tcp dst port 80 or tcp dst port 81)"


@pytest.fixture
def recorded(make_lab):
    """A lab in which clients have talked to the online server, recorded on both of its edges."""
    lab = make_lab()
    lab.route_responses()
    peers = Peers(lab)
    file = lab.work / "clients.pcap"
    record(lab, file, lambda: [peers.start_client(20, 5, seed=1)])
    return lab, peers, file


def record(lab, file, start_clients, snap_length=262144):
    """Writes what the clients send to the online server, from their start to their end."""
    writer = lab.start("online", sys.executable, HERE / "write_pcap.py", "eth0", file, snap_length,
                       ONLINE, name="write_pcap").wait_for("listening on")
    for client in start_clients():
        assert client.popen.wait(60) == 0, client.log()
    # The last FINs come behind the clients' end.
    wait_until(lambda: not any(open_connections(lab, "online", port) for port in (80, 81)), 20,
               "the ends of the connections")
    writer.stop()


def replay(lab, *options, host="assistant", files=None, status=0, seconds=90, **parameters):
    """Replays files to their end, the responses coming to the same host."""
    command = [lab.build / "src/tcpcopy/tcpcopy", "--capture", "file", "-x", rules(),
               "--statistics", "1", *options]
    if "-c" not in options:
        command += ["-c", POOL]
    if files is not None:
        command += ["-i", ",".join(map(str, files))]
    if "--responses" not in options and "-s" not in options:
        command += ["--responses", "eth0"]
    tcpcopy = lab.start(host, *command, **parameters)
    assert tcpcopy.popen.wait(seconds) == status, tcpcopy.log()
    return tcpcopy


def assert_all_delivered(tcpcopy):
    assert statistic(tcpcopy.log(), "live") == 0
    assert statistic(tcpcopy.log(), "lost") == 0
    assert "balanced:yes" in tcpcopy.log()


def assert_alike(peers, times=1):
    found, count = peers.compare(times=times)
    assert count > 0
    assert not found, "\n".join(found)


@pytest.mark.parametrize("speed", ("1", "10", "max"))
def test_a_file_is_replayed_without_intercept(recorded, speed):
    lab, peers, file = recorded
    tcpcopy = replay(lab, "-a", speed, "--fail-below", "100", files=[file])
    assert_all_delivered(tcpcopy)
    assert_alike(peers)


def test_a_file_is_replayed_with_intercept(recorded):
    lab, peers, file = recorded
    lab.intercept(filter="tcp and (src port 8080 or src port 8081)")
    assert_all_delivered(replay(lab, "-s", ADDRESS["assistant"], "-a", "5", host="online",
                                files=[file]))
    assert_alike(peers)


def test_passes(recorded):
    lab, peers, file = recorded
    assert_all_delivered(replay(lab, "-a", "max", "-T", "2", files=[file]))
    assert_alike(peers, times=2)


def packets_of(file):
    data = file.read_bytes()
    at, found = PCAP_HEADER, []
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        found.append(data[at:at + RECORD_HEADER + length])
        at += RECORD_HEADER + length
    return data[:PCAP_HEADER], found


def test_several_files_are_merged_by_time(recorded):
    lab, peers, file = recorded
    header, packets = packets_of(file)
    halves = [lab.work / "half-1.pcap", lab.work / "half-2.pcap"]
    for i, half in enumerate(halves):
        half.write_bytes(header + b"".join(packets[i::2]))
    assert_all_delivered(replay(lab, "-a", "max", "-i", lab.work / "half-*.pcap"))
    assert_alike(peers)


def test_standard_input(recorded):
    lab, peers, file = recorded
    program = lab.build / "src/tcpcopy/tcpcopy"
    tcpcopy = lab.start("assistant", "sh", "-c", f"cat {file} | {program} --offline -i - -a max "
                        f"-x {rules()} -c {POOL} --responses eth0", name="tcpcopy")
    assert tcpcopy.popen.wait(60) == 0, tcpcopy.log()
    assert_all_delivered(tcpcopy)
    assert_alike(peers)


def test_a_file_cut_in_a_packet(recorded):
    lab, _, file = recorded
    header, packets = packets_of(file)
    half = packets[:len(packets) // 2]
    cut = lab.work / "cut.pcap"
    cut.write_bytes(header + b"".join(half)[:-5])
    tcpcopy = replay(lab, "-a", "max", files=[cut])
    assert f"cut or damaged behind packet {len(half) - 1}, at byte " in tcpcopy.log()
    assert statistic(tcpcopy.log(), "total captured packets") == len(half) - 1
    assert statistic(tcpcopy.log(), "live") == 0


def test_packets_cut_by_the_snap_length(make_lab):
    lab = make_lab()
    lab.route_responses()
    peers = Peers(lab)
    file = lab.work / "short.pcap"
    record(lab, file, lambda: [peers.start_client(5, 2, seed=1)], snap_length=96)
    tcpcopy = replay(lab, "-a", "max", "--fail-below", "99", files=[file], status=3)
    assert "packets were captured without all of their payload" in tcpcopy.log()
    assert "capture-hole:" in tcpcopy.log()
    assert "balanced:yes" in tcpcopy.log()
    assert statistic(tcpcopy.log(), "live") == 0


def test_ten_thousand_interleaved_sessions(make_lab):
    """Ten thousand connections, all open at the same time, of two requests each."""
    lab = make_lab()
    lab.route_responses()
    target = Nginx(lab, "target", 8080)
    count, file = 10_000, lab.work / "many.pcap"
    steps = (many_clients.syn, many_clients.ack, lambda client: many_clients.request(client, 0),
             lambda client: many_clients.request(client, 1),
             lambda client: many_clients.fin(client, 2))
    many_clients.write(file, ((second + client * 1e-5, step(client))
                              for second, step in enumerate(steps) for client in range(count)))
    tcpcopy = replay(lab, "-a", "max", files=[file])
    assert_all_delivered(tcpcopy)
    assert statistic(tcpcopy.log(), "completed") == count
    assert target.requests() == 2 * count


def test_one_machine(recorded):
    """The target's own host replays, and routes the clients to nowhere: docs/deployment.md."""
    lab, peers, file = recorded
    lab.on("target", "ip", "route", "replace", POOL_NET, "dev", "lo")
    assert_all_delivered(replay(lab, "-a", "max", "--responses", "lo", host="target", files=[file]))
    assert_alike(peers)


def test_nothing_to_be_done_on_the_target(recorded):
    """Clients become this host, whose kernel must not see the answers: docs/deployment.md."""
    lab, peers, file = recorded
    lab.on("assistant", "nft", "-f", "-", input=f"""
        table ip replay {{
          chain in {{
            type filter hook input priority filter;
            ip saddr {ADDRESS['target']} tcp sport {{ 8080, 8081 }} drop
          }}
        }}""")
    tcpcopy = replay(lab, "-a", "max", "-c", ADDRESS["assistant"], files=[file])
    assert_all_delivered(tcpcopy)
    assert_alike(peers)


def test_a_target_on_this_host(make_lab):
    """The commands as docs/protocols.md has them, literally."""
    lab = make_lab()
    online = Recording(lab, "online", "recording_peer.py", (80, 81))
    target = Recording(lab, "online", "recording_peer.py", (8080, 8081))
    section = (ROOT / "docs/protocols.md").read_text().split("## A target on this host")[1]
    *rules_of_the_kernel, start = section.split("```\n")[1].splitlines()
    assert start.startswith("tcpcopy ")
    for command in rules_of_the_kernel:
        lab.on("online", "sh", "-c", command)
    tcpcopy = lab.start("online", "sh", "-c", f"exec {lab.build}/src/tcpcopy/{start}",
                        name="tcpcopy").wait_for("started")
    client = lab.start("online", sys.executable, HERE / "habits.py", "127.0.0.1", 80, 81, 10, 5, 1,
                       "keep_alive,upload,download,pipelining,half_close")
    assert client.popen.wait(60) == 0, client.log()
    connections = online.finish()
    try:
        wait_until(lambda: not differences(connections, target.report()), 10)
    except TimeoutError:
        pass
    assert len(connections) == 50 and not differences(connections, target.finish())
    tcpcopy.stop()
    assert_all_delivered(tcpcopy)


REWRITE = {
    "tcpdump": ("tcpdump", "-Z", "root", "-r", "{file}", "-w", "{other}"),
    "wireshark": ("editcap", "-F", "pcapng", "{file}", "{other}"),
}


@pytest.mark.parametrize("command", REWRITE.values(), ids=REWRITE.keys())
def test_formats_of_other_tools(recorded, command):
    lab, peers, file = recorded
    other = lab.work / "rewritten"
    run(*(word.format(file=file, other=other) for word in command))
    assert_all_delivered(replay(lab, "-a", "max", files=[other]))
    assert_alike(peers)


def test_trace(recorded):
    """The trace has every packet of the three kinds; each injected one tells whom it plays."""
    lab, peers, file = recorded
    trace = lab.work / "trace.pcapng"
    tcpcopy = replay(lab, "-a", "max", "--trace", trace, files=[file])
    assert_all_delivered(tcpcopy)
    assert_alike(peers)
    to_online, to_target, from_target = (
        len(run("tcpdump", "-nr", trace, of, stderr=subprocess.DEVNULL).splitlines())
        for of in ("dst port 80 or dst port 81", "dst port 8080 or dst port 8081",
                   "src port 8080 or src port 8081"))
    log = tcpcopy.log()
    assert to_online == statistic(log, "total captured packets")
    assert to_target == statistic(log, "send")
    assert from_target == statistic(log, "responses captured")
    comments = re.findall(rb"replays [\d.]+:\d+ to " + ADDRESS["online"].encode() + rb":8[01]",
                          trace.read_bytes())
    assert len(comments) > to_target * 0.9


WAYS = {
    "pcap": ("--capture", "pcap", "-i", "eth0"),
    "any": ("--pcap-capture",),
    "link": ("--send", "link"),
    "both": ("--pcap-capture", "-i", "eth0", "--pcap-send", "-o", "eth0"),
}


def serve_both(lab, online_port=80, target_port=8080):
    lab.route_responses()
    return Nginx(lab, "online", online_port), Nginx(lab, "target", target_port)


@pytest.mark.parametrize("offload", (True, False), ids=("offload", "no_offload"))
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_live(make_lab, way, offload):
    lab = make_lab(offload=offload)
    online, target = serve_both(lab)
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL, *way)
    finish(wrk(lab, 20, 3, pause_ms=10, path="/upload", body_bytes=20_000))
    assert_same_requests(online, target)
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0
    assert "captured without all of their payload" not in tcpcopy.log()


def test_byte_exact_at_the_link_layer(make_lab):
    lab = make_lab()
    lab.route_responses()
    peers = Peers(lab)
    lab.intercept(filter="tcp and (src port 8080 or src port 8081)")
    lab.tcpcopy("-c", POOL, *WAYS["both"], rules=rules())
    client = peers.start_client(20, 5, seed=3)
    assert client.popen.wait(60) == 0, client.log()
    assert_alike(peers)


def test_the_same_port_online_and_on_the_target(make_lab):
    lab = make_lab()
    online, target = serve_both(lab, 80, 80)
    lab.intercept(filter="tcp and src port 80")
    tcpcopy = lab.tcpcopy("-c", POOL, *WAYS["both"], "--direction", "both",
                          rules=f"80-{ADDRESS['target']}:80")
    finish(wrk(lab, 20, 2, pause_ms=10))
    assert_same_requests(online, target)
    tcpcopy.stop()


def test_a_target_that_would_be_captured_again_is_refused(make_lab):
    lab = make_lab()
    for rule, words in ((f"80-{ADDRESS['online']}:80", "name the address of the online server"),
                        (f"10.9.9.9:80-{ADDRESS['target']}:80,{ADDRESS['target']}:80-10.9.9.8:80",
                         "it cannot be an online server too")):
        tcpcopy = lab.tcpcopy(rules=rule, wait=False)
        assert tcpcopy.popen.wait(5) == 2
        assert words in tcpcopy.log()


def test_a_mirror_in_a_tunnel(make_lab):
    """The online server's packets, copied by tc to a third host, in VXLAN."""
    lab = make_lab(hosts=("client", "online", "online2", "target", "assistant"))
    online, target = serve_both(lab)
    lab.on("online", "ip", "link", "add", "mirror", "type", "vxlan", "id", "7", "dstport", "4789",
           "local", ADDRESS["online"], "remote", ADDRESS["online2"], "dev", "eth0")
    lab.on("online", "ip", "link", "set", "mirror", "up")
    lab.on("online", "tc", "qdisc", "add", "dev", "eth0", "ingress")
    lab.on("online", "tc", "filter", "add", "dev", "eth0", "parent", "ffff:", "protocol", "ip",
           "u32", "match", "ip", "dport", "80", "0xffff", "action", "mirred", "egress", "mirror",
           "dev", "mirror")
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL, "--capture", "pcap", "-i", "eth0", "-F", "udp port 4789",
                          host="online2")
    finish(wrk(lab, 20, 2, pause_ms=10))
    assert_same_requests(online, target)
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0


@pytest.mark.parametrize("tags", ((7,), (7, 8)), ids=("vlan", "qinq"))
def test_a_mirror_in_a_vlan(make_lab, tags):
    lab = make_lab(hosts=("client", "online", "online2", "target", "assistant"), offload=False)
    online, target = serve_both(lab)
    address = lab.on("online2", "cat", "/sys/class/net/eth0/address").strip()
    lab.start("online", sys.executable, HERE / "tag_mirror.py", "eth0", 80, address,
              *tags).wait_for("mirroring")
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL, "--capture", "pcap", "-i", "eth0", host="online2")
    finish(wrk(lab, 20, 2, pause_ms=10))
    assert_same_requests(online, target)
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0


def test_a_firewall_that_rejects_is_counted_and_explained(make_lab):
    lab = make_lab()
    online, target = serve_both(lab)
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    client = wrk(lab, 20, 4, pause_ms=10)
    time.sleep(1)
    lab.on("online", "nft", "-f", "-", input=f"""
        table ip wall {{
          chain out {{
            type filter hook output priority filter;
            ip daddr {ADDRESS['target']} tcp dport 8080 reject
          }}
        }}""")
    tcpcopy.wait_for("the kernel refuses packets for the target: Operation not permitted")
    time.sleep(0.5)
    lab.on("online", "nft", "delete", "table", "ip", "wall")
    finish(client)
    assert_same_requests(online, target, catch_up=15)
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "not-permitted") > 0
    assert tcpcopy.log().count("the kernel refuses packets") == 1


def test_the_way_takes_shorter_packets_than_it_did(make_lab):
    lab = make_lab(offload=False)
    online, target = serve_both(lab)
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    client = wrk(lab, 5, 10, path="/upload", body_bytes=20_000, pause_ms=20)
    time.sleep(2)
    lab.on("online", "ip", "route", "add", f"{ADDRESS['target']}/32", "dev", "eth0", "mtu", 1400)
    finish(client)
    assert_same_requests(online, target)
    tcpcopy.stop()
    assert "takes packets of 1400 bytes now" in tcpcopy.log()
    assert statistic(tcpcopy.log(), "too-long") > 0
    assert statistic(tcpcopy.log(), "lost") == 0


@pytest.mark.parametrize("way", ((), WAYS["link"]), ids=("raw", "link"))
def test_a_device_that_is_down_for_a_while(recorded, way):
    """Of a third host that replays a file at its speed, through a device of its own."""
    lab, peers, file = recorded
    tcpcopy = lab.start("assistant", lab.build / "src/tcpcopy/tcpcopy", "--offline", "-i", file,
                        "-x", rules(), "-c", POOL, "--responses", "eth0", "--statistics", "1", *way)
    tcpcopy.wait_for("started")
    time.sleep(0.7)
    lab.on("assistant", "ip", "link", "set", "eth0", "down")
    time.sleep(1)
    lab.on("assistant", "ip", "link", "set", "eth0", "up")
    assert tcpcopy.popen.wait(60) == 0, tcpcopy.log()
    assert_all_delivered(tcpcopy)
    assert_alike(peers)


UDP_WAYS = {
    "raw": ((), 5000),
    "pcap_and_link": (WAYS["both"], 5000),
    "twice": (("-n", "2", "-c", POOL), 500),
}


@pytest.mark.parametrize("way,size", UDP_WAYS.values(), ids=UDP_WAYS.keys())
def test_datagrams(make_lab, way, size):
    lab = make_lab()
    reports = {}
    for host, port in (("online", 53), ("target", 5353)):
        reports[host] = lab.work / f"{host}-datagrams.json"
        lab.start(host, sys.executable, HERE / "datagrams.py", "serve", reports[host], port,
                  name="datagrams").wait_for("listening")
    tcpcopy = lab.start("online", lab.build / "src/tcpcopy/tcpcopy", "--udp", "-x",
                        f"53-{ADDRESS['target']}:5353", *way).wait_for("started")
    client = lab.start("client", sys.executable, HERE / "datagrams.py", "send", ADDRESS["online"],
                       53, 1000, size, name="datagrams")
    assert client.popen.wait(30) == 0, client.log()
    time.sleep(0.5)
    tcpcopy.stop()
    for process in lab.processes:
        process.stop()
    online, target = (json.loads(reports[host].read_text()) for host in ("online", "target"))
    times = 2 if "-n" in way else 1
    assert len(online) == 1000
    assert target == {payload: count * times for payload, count in online.items()}
    assert f"datagrams captured:1000 left out:0 sent:{1000 * times};" in tcpcopy.log()


QUERIES = 200  # all fit into a socket's buffer, should a name server not get to read


def test_name_servers(make_lab):
    """dnsmasq on both sides: every query of the clients arrives, and is a query."""
    lab = make_lab()
    lab.route_responses()
    servers = {host: lab.start(host, "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port",
                               port, "--no-resolv", "--no-hosts", "--log-queries",
                               "--address=/lab/10.1.2.3", "--user=root", "--pid-file="
                               ).wait_for("started") for host, port in (("online", 53),
                                                                        ("target", 5353))}
    tcpcopy = lab.start("online", lab.build / "src/tcpcopy/tcpcopy", "--udp", "-c", POOL, "-x",
                        f"53-{ADDRESS['target']}:5353").wait_for("started")
    client = lab.start("client", sys.executable, HERE / "datagrams.py", "ask", ADDRESS["online"],
                       53, QUERIES)
    assert client.popen.wait(60) == 0, client.log()

    def asked(host):
        return sorted(re.findall(r"query\[A\] (\S+) from", servers[host].log()))

    wait_until(lambda: len(asked("target")) >= QUERIES, 10, tcpcopy.log)
    tcpcopy.stop()
    assert len(asked("online")) == QUERIES
    assert asked("target") == asked("online")
