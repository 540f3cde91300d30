"""What the daemons say while they run: the first signs of success, and warnings of what is wrong.

And that the documents quote what they say.
"""

import json
import re
import sys
import time

import pytest

from lab import ADDRESS, HERE, POOL, POOL_NET, ROOT, statistic, wait_until
from peers import Nginx, assert_same_requests, finish, wrk

CONTROL_PORT = 36524
ASK = "import socket, sys; s = socket.create_connection((sys.argv[1], 80), 5); s.sendall(b'GET / " \
      "HTTP/1.1\\r\\nHost: lab\\r\\n\\r\\n'); print(s.recv(100)[:12])"
KNOCK = "import socket, sys; socket.socket(socket.AF_INET6).connect_ex((sys.argv[1], 80))"
IPV6 = {"client": "fd00:77::10", "online": "fd00:77::20"}


def document(name):
    """A document as running text."""
    return re.sub(r"\s+", " ", (ROOT / name).read_text(encoding="utf-8"))


def lines_with(process, words):
    return [line for line in process.log().splitlines() if words in line]


def ask(lab, address=ADDRESS["online"]):
    return lab.on("client", sys.executable, "-c", ASK, address)


def test_the_first_bytes_are_told_at_once(web):
    lab, online, target = web
    intercept = lab.intercept()
    tcpcopy = lab.start("online", lab.build / "src/tcpcopy/tcpcopy", "-x",
                        f"80-{ADDRESS['target']}:8080", "-s", ADDRESS["assistant"], "-c", POOL)
    tcpcopy.wait_for("link 2 of 2")
    for number in ("1 of 2", "2 of 2"):
        words = f"connected to intercept {ADDRESS['assistant']}:{CONTROL_PORT}, link {number}"
        assert len(lines_with(tcpcopy, words)) == 1, tcpcopy.log()
    assert not lines_with(tcpcopy, "first bytes delivered")
    assert "200" in ask(lab)
    tcpcopy.wait_for("first bytes delivered: the target has acknowledged [1-9][0-9]* bytes that a client "
                     "sent; connections established: 1; [0-9.]+ s after the start")
    intercept.wait_for(f"first answer seen: {ADDRESS['target']}:8080 to 62.135.200.[0-9]+:[0-9]+, .* s after the start")
    intercept.wait_for("first answer sent to a tcpcopy, .* s after the start")
    finish(wrk(lab, 5, 1, pause_ms=10))
    assert_same_requests(online, target)
    assert len(lines_with(tcpcopy, "first bytes delivered")) == 1
    assert len(lines_with(intercept, "first answer")) == 2
    assert "`first bytes delivered: …`" in document("README.md")


def test_nothing_is_said_to_be_delivered_where_nothing_is(make_lab):
    """The assistant forwards: real clients reset the target's connections. `conns` grows."""
    lab = make_lab()
    lab.route_responses(pool=False)
    lab.sysctl("assistant", "net.ipv4.ip_forward", 1)
    Nginx(lab, "online", 80)
    target = Nginx(lab, "target", 8080)
    lab.intercept()
    tcpcopy = lab.tcpcopy()
    finish(wrk(lab, 5, 3, pause_ms=10))
    time.sleep(1)
    log = tcpcopy.log()
    print(log.splitlines()[-3], log.splitlines()[-2], sep="\n")
    assert target.requests() == 0
    assert statistic(log, "conns") > 0 and statistic(log, "resp") > 0
    assert statistic(log, "delivered") == 0 and not lines_with(tcpcopy, "first bytes delivered")


def test_the_statistics_file_says_what_the_log_says(web, tmp_path):
    lab, online, target = web
    files = {name: tmp_path / f"{name}.json" for name in ("tcpcopy", "intercept")}
    intercept = lab.intercept("--statistics-file", files["intercept"])
    tcpcopy = lab.tcpcopy("-c", POOL, "--statistics-file", files["tcpcopy"])
    finish(wrk(lab, 5, 2, pause_ms=10))
    assert_same_requests(online, target)
    for daemon in (tcpcopy, intercept):
        daemon.stop()
    said = {name: [json.loads(line) for line in file.read_text().splitlines()]
            for name, file in files.items()}
    assert len(said["tcpcopy"]) == len(lines_with(tcpcopy, " ledger: ")) > 1
    last, forwarded = said["tcpcopy"][-1], said["intercept"][-1]["responses_forwarded"]
    ledger = lines_with(tcpcopy, " ledger: ")[-1]
    assert f"sessions opened:{last['sessions_opened']} completed:{last['sessions_completed']} " in ledger
    assert f" delivered:{last['bytes_delivered']} " in ledger and last["bytes_delivered"] > 0
    assert sum(last["bytes_lost"].values()) == last["bytes_held"] == last["ledgers_unbalanced"] == 0
    assert 0 <= last["lag"]["median"] <= last["lag"]["p99"] <= last["lag"]["greatest"]
    assert forwarded == last["link_responses"] > 0
    assert f"forwarded:{forwarded} " in lines_with(intercept, "forwarded:")[-1]


def test_an_intercept_that_cannot_be_reached(make_lab):
    lab = make_lab()
    lab.lose(100, source=ADDRESS["online"], destination=ADDRESS["assistant"])
    silent = lab.tcpcopy(wait=False)
    silent.wait_for("cannot reach intercept .*: no answer in time; retrying .link 2 of 2")
    absent = lab.tcpcopy(intercepts="10.77.0.99", wait=False)
    absent.wait_for("cannot reach intercept .*: no answer in time; retrying")
    for name in ("docs/troubleshooting.md", "docs/deployment.md"):
        assert "no answer in time" in document(name)
        assert "Connection timed out" not in document(name)


def test_an_absent_target_is_not_told_of(make_lab):
    """The kernel takes the packets and throws them away, as nobody answers for the address."""
    lab = make_lab()
    Nginx(lab, "online", 80)
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL, rules="80-10.77.0.99:8080")
    ask(lab)
    wait_until(lambda: "syn cnt:4 " in tcpcopy.log(), 20, tcpcopy.log)
    refusals = [line for line in lines_with(tcpcopy, "refuse") if "refused: none" not in line]
    assert "conns:0 " in tcpcopy.log() and not refusals
    assert re.search("FAILED|INCOMPLETE", lab.on("online", "ip", "neigh", "show", "10.77.0.99"))
    assert "or nobody answers for its address: `ip neigh` says" in document(
        "docs/troubleshooting.md")


def test_a_slow_target_shows_in_what_is_held(make_lab):
    lab = make_lab()
    lab.route_responses()
    Nginx(lab, "online", 80)
    lab.start("target", sys.executable, HERE / "slow_peer.py", 8080, 0.5).wait_for("listening")
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    finish(wrk(lab, 4, 4, pause_ms=20))
    wait_until(lambda: "ledger:" in tcpcopy.log(), 5)
    held = statistic(tcpcopy.log(), "held")
    tcpcopy.stop()
    print("held:", held, lines_with(tcpcopy, "turns not")[-1])
    assert held > 0
    entry = document("docs/troubleshooting.md").split("## The target lags")[1].split("## ")[0]
    assert "`held`" in entry.split("`turns not answered in time`")[0]


def test_reasons_of_loss_stand_in_every_ledger_line(web):
    lab, _, _ = web
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    tcpcopy.wait_for("ledger:")
    assert all("lost by reason" in line for line in lines_with(tcpcopy, "ledger: "))
    troubleshooting = document("docs/troubleshooting.md")
    for untrue in ("Reasons of loss are printed when", "At the end, `lost by reason`",
                   "reasons when tcpcopy ends", "At the end the reason is"):
        assert untrue not in troubleshooting
    at_the_end = document("docs/statistics.md").split("At the end, also:")[1].split("###")[0]
    assert "lost by reason" not in at_the_end


@pytest.mark.parametrize("way", ((), ("--capture", "pcap", "-i", "eth0")), ids=("raw", "pcap"))
def test_clients_over_ipv6_are_told_once(web, way):
    lab, online, target = web
    try:
        for host, address in IPV6.items():
            lab.on(host, "ip", "addr", "add", f"{address}/64", "dev", "eth0", "nodad")
    except RuntimeError as error:
        pytest.skip(f"no IPv6 in this kernel: {error}")
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL, *way)
    lab.on("online", sys.executable, "-c", KNOCK, IPV6["client"])  # what it sends is no client's
    finish(wrk(lab, 5, 1, pause_ms=10))
    assert not lines_with(tcpcopy, "IPv6")
    for _ in range(3):
        lab.on("client", sys.executable, "-c", KNOCK, IPV6["online"])
    tcpcopy.wait_for("warning: clients come over IPv6, to port 80: they are not replayed")
    finish(wrk(lab, 5, 1, pause_ms=10))
    assert_same_requests(online, target)
    assert len(lines_with(tcpcopy, "IPv6")) == 1


POOLS = {
    "own": (ADDRESS["online"], f"-c contains {ADDRESS['online']}, an address of this host"),
    "intercept": (ADDRESS["assistant"],
                  f"-c contains {ADDRESS['assistant']}, the address of an intercept"),
    "target": (f"{ADDRESS['target']}, 62.135.200.1",
               f"-c contains {ADDRESS['target']}, a target's address: it is left out"),
    "neighbour": (f"10.77.0.201,{ADDRESS['client']}",
                  f"-c contains {ADDRESS['client']}, which a host in this segment has"),
}


@pytest.mark.parametrize("pool,words", POOLS.values(), ids=POOLS.keys())
def test_an_address_that_somebody_has_is_told(make_lab, pool, words):
    lab = make_lab()
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", pool)
    tcpcopy.wait_for(r"warning: (\[TC105 address-is-taken\] )?" + re.escape(words))
    assert len(lines_with(tcpcopy, words)) == 1


def test_addresses_that_nobody_has_are_not(make_lab):
    lab = make_lab()
    lab.on("online", "ip", "route", "add", "62.135.201.0/24", "dev", "lo")
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", f"10.77.0.201, 62.135.201.1, {POOL_NET}")
    time.sleep(3)
    assert not lines_with(tcpcopy, "-c contains"), tcpcopy.log()


def test_datagrams_have_no_words_of_connections(make_lab):
    lab = make_lab()
    tcpcopy = lab.start("online", lab.build / "src/tcpcopy/tcpcopy", "--udp", "-x",
                        f"53-{ADDRESS['target']}:5353", "--statistics", "1")
    tcpcopy.wait_for("datagrams captured:0")
    tcpcopy.stop()
    for word in ("conns:", "syn cnt:", "ledger:", "links:", "turns ended", " packets captured:", " sessions "):
        assert word not in tcpcopy.log(), tcpcopy.log()


HOSTS = f"""127.0.0.1 localhost
{ADDRESS['target']} test-1
{ADDRESS['assistant']} the-assistant
{ADDRESS['online']} farm
10.77.0.21 farm
fd00::6 only-six
"""
# The daemon sees an /etc of its own, which knows these names and asks nobody else.
WITH_HOSTS = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"')


@pytest.fixture
def named(make_lab):
    lab = make_lab()
    etc = lab.work / "etc"
    etc.mkdir()
    (etc / "hosts").write_text(HOSTS)
    (etc / "nsswitch.conf").write_text("hosts: files\n")
    (etc / "host.conf").write_text("multi on\n")
    return lab, (*WITH_HOSTS, etc)


def test_hosts_by_name(named):
    lab, under = named
    lab.route_responses()
    online, target = Nginx(lab, "online", 80), Nginx(lab, "target", 8080)
    intercept = lab.intercept("--allow", "farm", under=under)
    intercept.wait_for(f"farm is {ADDRESS['online']}, 10.77.0.21; all of them are meant")
    tcpcopy = lab.tcpcopy("-c", POOL, rules="farm:80-test-1:8080", intercepts="the-assistant",
                          under=under)
    tcpcopy.wait_for(f"farm is {ADDRESS['online']}, 10.77.0.21; of these {ADDRESS['online']} is "
                     "taken, the lowest")
    tcpcopy.wait_for(f"test-1 is {ADDRESS['target']}")
    finish(wrk(lab, 5, 1, pause_ms=10))
    assert_same_requests(online, target)


@pytest.mark.parametrize("name", ("nobody", "only-six"))
def test_a_name_without_an_address_is_refused(named, name):
    lab, under = named
    tcpcopy = lab.tcpcopy(rules=f"80-{name}:8080", under=under, wait=False)
    assert tcpcopy.popen.wait(10) == 2
    assert f"the target address: the host '{name}': " in tcpcopy.log()


def test_the_way_from_1x_is_complete():
    section = document("docs/options.md").split("## From 1.x")[1].split("## Signals")[0]
    for name in ("--select", "--with-debug", "--traditional", "--nfqueue", "--pcap-capture",
                 "--single", "--with-pfring", "--with-tcmalloc", "--set-protocol-module",
                 "--disable-combined", "--with-resp-payload", "--million", "--dnat", "--offline",
                 "--pcap-send", "--udp"):
        assert f"`{name}`" in section, name
    assert "1.x skips such a gap" in section
    assert "2048 by default, as in 1.x" in section
