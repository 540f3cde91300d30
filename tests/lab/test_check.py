"""tcpcopy --check names the hop that is broken, and what mends it; and so does a replay by itself."""

import itertools
import json
import re
import subprocess
import sys
import time

import pytest

from answers import Answers
from lab import ADDRESS, HERE, POOL, POOL_NET, in_host, run, wait_until
from replay import ASKED

NFT_DROP = "type filter hook {} priority 0;"


def command(lab, *options, rules=None, pool=POOL, intercepts=None):
    return [lab.build / "src/tcpcopy/tcpcopy", "-x", rules or f"80-{ADDRESS['target']}:8080", "-s",
            intercepts or ADDRESS["assistant"], "-c", pool, "--check", *options]


def check(lab, *options, under=(), **more):
    """Runs it. Returns its exit status, and what it printed."""
    done = subprocess.run(in_host("online", [*under, *command(lab, *options, **more)]),
                          capture_output=True, text=True, timeout=15)
    print(done.stdout, done.stderr)
    return done.returncode, done.stdout


def failed(text):
    """What failed, of what --json printed."""
    return [finding for finding in map(json.loads, text.splitlines())
            if finding["verdict"] == "fail"]


def codes(lab, *options, **more):
    """The codes of what failed."""
    return [finding["name"] for finding in failed(check(lab, "--json", *options, **more)[1])]


@pytest.fixture
def path(make_lab):
    """A lab with everything in its place."""
    lab = make_lab()
    lab.route_responses()
    Answers(lab, "target", 8080, *ASKED)
    lab.intercept()
    return lab


def drop(lab, host, hook, *match, verdict="drop"):
    lab.on(host, "nft", "add", "table", "ip", "broken")
    lab.on(host, "nft", "add", "chain", "ip", "broken", hook, f"{{ {NFT_DROP.format(hook)} }}")
    lab.on(host, "nft", "add", "rule", "ip", "broken", hook, *match, verdict)


def test_a_healthy_path(path):
    status, text = check(path)
    assert status == 0
    assert "FAIL" not in text and "SKIP" not in text
    assert "WARN   2  packets of clients are captured  [TC102 nothing-captured]" in text
    assert "hops: " in text.splitlines()[-1]
    # Nothing stays behind.
    assert path.on("target", "ss", "-Htan", "( sport = :8080 )").count("SYN-RECV") == 0


def output_rule(lab):
    drop(lab, "online", "output", "ip", "daddr", ADDRESS["target"], "tcp", "dport", "8080", "ip",
         "saddr", "62.135.200.0/24")


def masquerade(lab):
    lab.on("online", "nft", "add", "table", "ip", "broken")
    lab.on("online", "nft", "add", "chain", "ip", "broken", "post",
           "{ type nat hook postrouting priority 100; }")
    lab.on("online", "nft", "add", "rule", "ip", "broken", "post", "ip", "daddr",
           ADDRESS["target"], "masquerade")


def target_drops_input(lab):
    drop(lab, "target", "input", "tcp", "dport", "8080")


def target_drops_clients(lab):
    drop(lab, "target", "input", "ip", "saddr", "62.135.200.0/24")


def target_drops_answers(lab):
    drop(lab, "target", "output", "ip", "daddr", "62.135.200.0/24")


def target_rejects_clients(lab):
    drop(lab, "target", "input", "tcp", "dport", "8080", "ip", "saddr", "62.135.200.0/24",
         verdict="reject with tcp reset")


def no_route(lab):
    lab.on("target", "ip", "route", "del", "62.135.200.0/24")


def route_elsewhere(lab):
    lab.on("target", "ip", "route", "replace", "62.135.200.0/24", "via", ADDRESS["client"])


def reverse_path_filter(lab):
    no_route(lab)
    for name in ("all", "eth0"):
        lab.sysctl("target", f"net.ipv4.conf.{name}.rp_filter", 1)


def target_says_unreachable(lab):
    drop(lab, "target", "input", "tcp", "dport", "8080", "ip", "saddr", "62.135.200.0/24",
         verdict="reject")


def forwarding(lab):
    """The assistant sends the answers on, to who has the addresses."""
    lab.on("client", "ip", "route", "add", "local", POOL_NET, "dev", "lo")
    lab.on("assistant", "ip", "route", "add", "62.135.200.0/24", "via", ADDRESS["client"])
    lab.sysctl("assistant", "net.ipv4.ip_forward", 1)


def switch_drops_foreign(lab):
    run("nft", "add", "table", "bridge", "lab")
    run("nft", "add", "chain", "bridge", "lab", "guard", "{ type filter hook forward priority 0; }")
    lab._loses = True  # to be removed with the lab
    run("nft", "add", "rule", "bridge", "lab", "guard", "iifname", "p-online", "ip", "saddr", "!=",
        ADDRESS["online"], "drop")


def no_way_to_the_assistant(lab):
    drop(lab, "assistant", "input", "tcp", "dport", "36524")


def stop_intercept(lab):
    lab.processes[-1].stop()


def other_filter(lab):
    stop_intercept(lab)
    lab.intercept(filter="tcp and src port 8081")


def other_device(lab):
    stop_intercept(lab)
    lab.on("assistant", "ip", "link", "add", "idle0", "type", "veth", "peer", "name", "idle1")
    lab.on("assistant", "ip", "link", "set", "idle0", "up")
    lab.intercept(device="idle0")


def not_allowed(lab):
    stop_intercept(lab)
    lab.intercept("--allow", "10.77.0.99")


def target_is_down(lab):
    lab.on("target", "ip", "link", "set", "eth0", "down")


def no_route_to_target(lab):
    lab.on("online", "ip", "addr", "flush", "dev", "eth0")
    lab.on("online", "ip", "addr", "add", f"{ADDRESS['online']}/32", "dev", "eth0")
    lab.on("online", "ip", "route", "add", ADDRESS["assistant"], "dev", "eth0")


def stop_target(lab):
    lab.processes[0].stop()


def target_turns_away(lab):
    stop_target(lab)
    Answers(lab, "target", 8080, "--refuse")


def neighbour_has_address(lab):
    lab.on("client", "ip", "addr", "add", "10.77.0.99/24", "dev", "eth0")


def nothing(_):
    pass


def own_address(lab):
    lab.on("online", "ip", "addr", "add", "62.135.200.7/32", "dev", "lo")


# What is broken, its code, whether the printed command heals it, and other options.
BREAKS = [
    (output_rule, "output-refused", False, {}),
    (masquerade, "source-translated", True, {}),
    (target_drops_input, "target-unreachable", False, {}),
    (target_drops_clients, "route-missing", False, {}),
    (target_drops_answers, "route-missing", False, {}),
    (target_rejects_clients, "target-refuses-clients", False, {}),
    (target_says_unreachable, "route-missing", False, {}),
    (no_route, "route-missing", True, {}),
    (route_elsewhere, "route-missing", True, {}),
    (reverse_path_filter, "route-missing", True, {}),
    (forwarding, "forwards", True, {}),
    (switch_drops_foreign, "nothing-comes-back", False, {}),
    (other_filter, "filter-misses", False, {}),
    (other_device, "filter-misses", False, {}),
    (no_way_to_the_assistant, "intercept-unreachable", False, {}),
    (nothing, "intercept-unreachable", False, {"intercepts": "10.77.0.77"}),
    (stop_intercept, "intercept-refuses", False, {}),
    (not_allowed, "intercept-closes", False, {}),
    (target_is_down, "target-unreachable", False, {}),
    (no_route_to_target, "no-route-to-target", False, {}),
    (stop_target, "target-not-listening", False, {}),
    (nothing, "target-not-listening", False, {"rules": f"80-{ADDRESS['target']}:8090"}),
    (target_turns_away, "target-closes", False, {}),
    (own_address, "address-is-taken", False, {}),
    (neighbour_has_address, "address-is-taken", False, {"pool": "10.77.0.99"}),
]
HOSTS = {"this host": "online", "the target": "target", "the assistant": "assistant"}


def ask(lab, seconds):
    """Clients of the online server, some of which stay."""
    return lab.start("client", sys.executable, HERE / "asking.py", ADDRESS["online"], 80, 2,
                     seconds, name="asking")


def replay(lab, rules=None, pool=POOL, intercepts=None):
    return lab.tcpcopy("-c", pool, rules=rules, intercepts=intercepts, wait=False)


@pytest.mark.parametrize("broken,code,heals,options", BREAKS,
                         ids=[f"{broken.__name__}-{code}" for broken, code, *_ in BREAKS])
def test_what_is_broken(path, broken, code, heals, options):
    """--check and a replay say the same; what they print mends it, where a command can."""
    broken(path)
    online = Answers(path, "online", 80, *ASKED)
    tcpcopy = replay(path, **options)
    with subprocess.Popen(in_host("online", command(path, "--json", **options)),
                          stdout=subprocess.PIPE, text=True) as looking:
        ask(path, 9)
        tcpcopy.wait_for(rf"\[TC\d+ {code}\]", 10)
        found = failed(looking.communicate(timeout=15)[0])
    assert found[0]["name"] == code
    host, _, mend = found[0]["mend"].partition(": ")
    assert mend or code == "address-is-taken"
    said = tcpcopy.log()
    if heals:
        assert mend in said
        path.on(HOSTS[host.removeprefix("on ")], "sh", "-c", mend)
        wait_until(lambda: set(ask_once(path, online)) <= set(target_of(path).served()), 20,
                   "the replay to work")
    # One warning, however it goes on.
    assert len(re.findall(r"this does not hold", said)) <= 1


def target_of(lab):
    """What was written down by the first server that the fixture started."""
    answers = Answers.__new__(Answers)
    answers.path = lab.work / "target-8080-answers.txt"
    return answers


def ask_once(lab, online):
    """Returns the requests that a new client has had answered."""
    before = set(online.served())
    client = ask(lab, 0.2)
    assert client.popen.wait(10) == 0, client.log()
    time.sleep(0.5)
    return set(online.served()) - before


@pytest.mark.parametrize("pool", [True, False], ids=["pool", "own-addresses"])
def test_a_healthy_replay_does_not_warn(make_lab, pool):
    """Twenty starts, some at a time: longer than a doubt takes, and what it finds."""
    lab = make_lab()
    lab.route_responses(pool)
    Answers(lab, "online", 80, *ASKED)
    Answers(lab, "target", 8080, *ASKED)
    lab.intercept()
    at_a_time = 5 if pool else 1  # with their own addresses clients have one replay each
    for _ in range(20 // at_a_time if pool else 2):
        replays = [lab.tcpcopy(*(("-c", f"62.135.200.{number + 1}") if pool else ()))
                   for number in range(at_a_time)]
        client = ask(lab, 7)
        assert client.popen.wait(20) == 0, client.log()
        for tcpcopy in replays:
            assert tcpcopy.stop() == 0
            assert "warning" not in tcpcopy.log() and "resp" in tcpcopy.log()


def test_without_capability(path):
    under = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--")
    assert codes(path, under=under) == ["not-allowed"]
    refused = path.tcpcopy("-c", POOL, wait=False, under=under)
    assert refused.popen.wait(5) == 1 and "[TC101 not-allowed]" in refused.log()


def test_what_is_assumed_and_left_out(path):
    _, text = check(path)
    assert "assumed: 62.135.200.254 stands for all addresses of -c" in text
    assert "not tested: requests: no byte is sent" in text
    assert "to look at on the target" not in text
    no_route(path)
    _, text = check(path)
    block = text.split("to look at on the target (these change nothing):\n")[1]
    for line in itertools.takewhile(lambda line: line.startswith("   "), block.splitlines()):
        # They may fail, as what they ask for; but they are commands. tcpdump takes too long here.
        if "tcpdump" not in line:
            assert "not found" not in path.on("target", "sh", "-c", line, check=False)
    _, text = check(path, "--json")
    assert [json.loads(line)["verdict"] for line in text.splitlines()][-3:] == [
        "look", "assumed", "not-tested"]


def test_mtu_too_large(path):
    assert codes(path, "-M", "9000") == ["mtu-too-large"]


def intercept_codes(lab, filter="tcp and src port 8080"):
    """What intercept --check finds while tcpcopy --check runs; the codes that are no pass."""
    command = [lab.build / "src/intercept/intercept", "-i", "eth0", "-F", filter, "--check", "--json"]
    with subprocess.Popen(in_host("assistant", command), stdout=subprocess.PIPE, text=True) as look:
        time.sleep(1)  # it looks for three seconds
        check(lab)
        text = look.communicate(timeout=15)[0]
    print(text)
    found = [json.loads(line) for line in text.splitlines()]
    return look.returncode, [finding["name"] for finding in found if "name" in finding]


def test_the_assistant_is_well(path):
    assert intercept_codes(path) == (0, [])


def test_the_assistant_forwards(path):
    path.sysctl("assistant", "net.ipv4.ip_forward", 1)
    assert intercept_codes(path) == (1, ["forwards"])


def test_the_filter_misses(path):
    assert intercept_codes(path, "tcp and src port 8081") == (1, ["filter-misses"])


def test_nothing_comes_to_the_assistant(path):
    no_route(path)
    run("nft", "add", "table", "bridge", "lab")
    run("nft", "add", "chain", "bridge", "lab", "guard", "{ type filter hook forward priority 0; }")
    path._loses = True
    run("nft", "add", "rule", "bridge", "lab", "guard", "ip", "saddr", ADDRESS["target"], "ip",
        "daddr", ADDRESS["assistant"], "drop")
    assert intercept_codes(path) == (0, ["no-answers"])
