"""tcpcopy --check names the hop that is broken, and what mends it."""

import json
import subprocess
import sys
import time

import pytest

from answers import Answers
from lab import ADDRESS, HERE, POOL, in_host, run
from replay import ASKED

NFT_DROP = "type filter hook {} priority 0;"


def check(lab, *options, rules=None, under=()):
    """Runs it. Returns its exit status, and what it printed."""
    command = [*under, lab.build / "src/tcpcopy/tcpcopy", "-x",
               rules or f"80-{ADDRESS['target']}:8080", "-s", ADDRESS["assistant"], "-c", POOL,
               "--check", *options]
    done = subprocess.run(in_host("online", command), capture_output=True, text=True, timeout=15)
    print(done.stdout, done.stderr)
    return done.returncode, done.stdout


def codes(lab, *options, **more):
    """The codes of what failed."""
    _, text = check(lab, "--json", *options, **more)
    return [finding["name"] for finding in map(json.loads, text.splitlines())
            if finding["verdict"] == "fail"]


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


def forwarding(lab):
    """The assistant sends the answers on, to who has the address."""
    lab.on("client", "ip", "addr", "add", "62.135.200.254/32", "dev", "lo")
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


def own_address(lab):
    lab.on("online", "ip", "addr", "add", "62.135.200.7/32", "dev", "lo")


BREAKS = [
    (output_rule, "output-refused"),
    (masquerade, "source-translated"),
    (target_drops_input, "target-unreachable"),
    (target_drops_clients, "route-missing"),
    (target_drops_answers, "route-missing"),
    (target_rejects_clients, "target-refuses-clients"),
    (no_route, "route-missing"),
    (route_elsewhere, "route-missing"),
    (reverse_path_filter, "route-missing"),
    (forwarding, "answers-leak"),
    (switch_drops_foreign, "nothing-comes-back"),
    (other_filter, "nothing-comes-back"),
    (no_way_to_the_assistant, "intercept-unreachable"),
    (stop_intercept, "intercept-refuses"),
    (not_allowed, "intercept-closes"),
    (target_is_down, "target-unreachable"),
    (no_route_to_target, "no-route-to-target"),
    (stop_target, "target-not-listening"),
    (own_address, "address-is-taken"),
]


@pytest.mark.parametrize("broken,code", BREAKS, ids=[broken.__name__ for broken, _ in BREAKS])
def test_what_is_broken(path, broken, code):
    broken(path)
    assert codes(path)[0] == code


def test_another_port(path):
    assert codes(path, rules=f"80-{ADDRESS['target']}:8090") == ["target-not-listening"]


def test_without_capability(path):
    under = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--")
    assert codes(path, under=under) == ["not-allowed"]


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


def test_a_replay_warns_by_itself(path):
    """When nothing comes of it: once, and within ten seconds."""
    no_route(path)
    tcpcopy = path.tcpcopy("-c", POOL)
    Answers(path, "online", 80, *ASKED)
    path.start("client", sys.executable, HERE / "asking.py", ADDRESS["online"], 80, 2, 9,
               name="asking")
    tcpcopy.wait_for("no connection was established in 5 s: .*--check", 10)


def test_the_repair_heals(path):
    """What it prints is a command that mends it."""
    no_route(path)
    status, text = check(path)
    assert status == 1
    mend = next(line for line in text.splitlines() if "mend: on the target: ip route" in line)
    path.on("target", "sh", "-c", mend.split("on the target: ")[1])
    assert codes(path) == []
