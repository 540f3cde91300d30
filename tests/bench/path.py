"""The whole path in the lab: what a request costs the daemons, in raw sends of the same run.

    tests/lab/enter python3 tests/bench/path.py BUILD [--runs N] [--seconds N] [--only NAME]
                    [--json FILE] [--plots FOLDER …] [--tcpcopy OPTION …] [--intercept OPTION …]

wrk drives nginx on the online host, tcpcopy replays onto an nginx on the target. Beside each work the
raw socket is measured, on the same hosts: see raw_send.cc; and what the least costs that can be done
with the clients' packets: see bare_forward.cc.
"""

import argparse
import contextlib
import json
import pathlib
import re
import statistics
import sys
import tempfile
import time

from plot import Bars, bar_plot

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lab"))
from lab import ADDRESS, POOL, Lab  # noqa: E402
from peers import Nginx, wrk  # noqa: E402

RAW_SENDS = 200_000
RAW_SOURCE = "62.135.200.254"
# What is asked, as arguments of peers.wrk().
WORKS = {
    "50 connections, 10 ms think time": {"connections": 50, "pause_ms": 10},
    "100 connections, no think time": {"connections": 100},
    "10 connections, no think time": {"connections": 10},
    "1 connection, no think time": {"connections": 1},
    "new connection per request": {"connections": 50, "pause_ms": 10, "close": True},
    "POST of 20 KB": {"connections": 50, "pause_ms": 10, "body_bytes": 20 << 10,
                      "path": "/upload"},
}


def raw_send_us(lab):
    program = lab.build / "tests/bench/raw_send"
    return int(lab.on("online", program, RAW_SOURCE, ADDRESS["target"], RAW_SENDS)) / 1e3


def cost(process, before, requests):
    user, system = (now - then for now, then in zip(process.cpu_times(), before))
    return {"user_us": user * 1e6 / requests, "system_us": system * 1e6 / requests,
            "us": (user + system) * 1e6 / requests, "peak_kb": process.peak_rss_kb()}


@contextlib.contextmanager
def serving_lab(options):
    """A lab with both servers."""
    with tempfile.TemporaryDirectory(prefix="tcpcopy-bench-") as folder, \
            Lab(folder, options.build) as lab:
        lab.route_responses()
        yield lab, Nginx(lab, "online", 80), Nginx(lab, "target", 8080)


@contextlib.contextmanager
def replaying_lab(options):
    """A lab with both servers and both daemons."""
    with serving_lab(options) as (lab, *servers):
        daemons = {"intercept": lab.intercept(*options.intercept),
                   "tcpcopy": lab.tcpcopy("-c", POOL, *options.tcpcopy)}
        yield lab, *servers, daemons


@contextlib.contextmanager
def bare_lab(options):
    """A lab in which the least that can be done is done with the clients' packets: bare_forward.cc."""
    with serving_lab(options) as (lab, online, _):
        yield lab, online, lab.start("online", lab.build / "tests/bench/bare_forward", 80,
                                     ADDRESS["target"], 8080)


def finish(client, seconds):
    """Waits for the end of a wrk that runs for so long."""
    if client.popen.wait(seconds + 30) != 0:
        raise RuntimeError(f"wrk failed:\n{client.log()}")


def measure_bare(options, work):
    """What bare forwarding costs for a request of one work, once."""
    seconds = max(options.seconds // 2, 1)
    with bare_lab(options) as (lab, online, forwarder):
        raw = [raw_send_us(lab)]
        before = forwarder.cpu_times()
        finish(wrk(lab, seconds=seconds, **work), seconds)
        result = cost(forwarder, before, online.requests())
        raw.append(raw_send_us(lab))
        return result | {"raw_sends": result["us"] / statistics.mean(raw)}


def measure_delay(options, work, loss, make_lab):
    """The replay delay of one work, once: microseconds by percentile."""
    with make_lab(options) as (lab, *_):
        if loss:
            lab.lose(loss, destination=ADDRESS["target"])
        client = wrk(lab, seconds=options.seconds, **work)
        time.sleep(1)
        found = lab.on("online", sys.executable, HERE / "replay_delay.py", "eth0", 80,
                       ADDRESS["target"], 8080, options.seconds - 2)
        finish(client, options.seconds)
        return {name: int(value) for name, value in re.findall(r"(\w+):(\d+)", found)}


def measure(options, work):
    """One work, once, in a lab of its own."""
    with replaying_lab(options) as (lab, online, target, daemons):
        raw = [raw_send_us(lab)]
        before = {name: daemon.cpu_times() for name, daemon in daemons.items()}
        started = time.monotonic()
        client = wrk(lab, seconds=options.seconds, **work)
        time.sleep(options.seconds / 2)
        served, middle = target.requests(), time.monotonic()
        asked, client_before = online.requests(), client.cpu_times()
        time.sleep(options.seconds / 4)
        rate = (target.requests() - served) / (time.monotonic() - middle)
        client_cost = cost(client, client_before, online.requests() - asked)
        finish(client, options.seconds)
        elapsed = time.monotonic() - started
        time.sleep(1)
        replayed, asked = target.requests(), online.requests()
        result = {name: cost(daemon, before[name], asked) for name, daemon in daemons.items()}
        result["wrk"] = client_cost
        raw.append(raw_send_us(lab))
        unit = statistics.mean(raw)
        for one in result.values():
            one["raw_sends"] = one["us"] / unit
        return result | {"raw_send_us": unit, "online_per_s": asked / elapsed,
                         "target_per_s": rate, "replayed_percent": 100 * replayed / asked}


# Who takes CPU for a request, and what the table calls them.
MEASURED = {"wrk": "wrk", "bare": "bare forwarding", "tcpcopy": "tcpcopy", "intercept": "intercept"}

# Works of which the replay delay is measured; the percent of packets lost on their way to the target;
# and who replays.
BURSTS, ONE = {"connections": 50, "pause_ms": 10}, {"connections": 1, "pause_ms": 10}
DELAYS = {
    "50 connections, 10 ms think time": (BURSTS, 0, replaying_lab),
    "the same, bare forwarding": (BURSTS, 0, bare_lab),
    "1 connection, 10 ms think time": (ONE, 0, replaying_lab),
    "the same, bare forwarding of it": (ONE, 0, bare_lab),
    "50 connections, 10 ms think time, 1 % loss": (BURSTS, 1, replaying_lab),
}


def median(runs):
    """Of a list of results, field by field."""
    if isinstance(runs[0], dict):
        return {key: median([run[key] for run in runs]) for key in runs[0]}
    return statistics.median(runs)


def table(results):
    titles = " | ".join(f"{who}: user + system | in raw sends" for who in MEASURED.values())
    lines = [f"| work | online req/s | target req/s | replayed 1 s after | raw send | {titles} "
             "| peak memory |", "|---" * (6 + 2 * len(MEASURED)) + "|"]
    for name, runs in results.items():
        r = median(runs)
        costs = [f"{r[d]['user_us']:.1f} + {r[d]['system_us']:.1f} µs | {r[d]['raw_sends']:.2f}"
                 for d in MEASURED]
        memory = ", ".join(f"{r[d]['peak_kb'] / 1024:.1f}" for d in ("tcpcopy", "intercept"))
        lines.append(f"| {name} | {r['online_per_s']:,.0f} | {r['target_per_s']:,.0f} | "
                     f"{r['replayed_percent']:.1f} % | {r['raw_send_us']:.2f} µs | "
                     f"{' | '.join(costs)} | {memory} MB |")
    return "\n".join(lines)


def delay_table(results):
    columns = ("packets", "p50_us", "p99_us", "p999_us", "max_us", "not_found")
    lines = ["| work | packets | p50 | p99 | p999 | longest | not found |", "|---" * 7 + "|"]
    for name, runs in results.items():
        r = median(runs)
        cells = [f"{r[c]:,.0f} µs" if c.endswith("_us") else f"{r[c]:,.0f}" for c in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def plot(results):
    groups = [Bars(name, [median(runs)[d]["raw_sends"] for d in ("tcpcopy", "intercept")])
              for name, runs in results.items()]
    return bar_plot("CPU of a request, in raw sends", ("tcpcopy", "intercept"), groups)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--only", default="", help="works whose name has this in it")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--plots", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--tcpcopy", nargs="*", default=[])
    parser.add_argument("--intercept", nargs="*", default=[])
    options = parser.parse_args()
    works = {name: work for name, work in WORKS.items() if options.only in name}
    delayed = {name: work for name, work in DELAYS.items() if options.only in name}
    results = {name: [] for name in works}
    delays = {name: [] for name in delayed}
    for run in range(options.runs):
        for name, work in works.items():
            print(f"run {run + 1} of {options.runs}: {name}", file=sys.stderr, flush=True)
            results[name].append(measure(options, work) | {"bare": measure_bare(options, work)})
        for name, work in delayed.items():
            print(f"run {run + 1} of {options.runs}: delay, {name}", file=sys.stderr, flush=True)
            delays[name].append(measure_delay(options, *work))
    print(table(results), delay_table(delays), sep="\n\nReplay delay:\n\n")
    if options.json:
        options.json.write_text(json.dumps(
            {kind: {name: {"median": median(runs), "runs": runs} for name, runs in of.items()}
             for kind, of in (("cost", results), ("delay", delays))}, indent=1))
    for folder in options.plots:
        (folder / "performance-path.svg").write_text(plot(results))


if __name__ == "__main__":
    main()
