"""Requests spread over many open sessions: what one costs tcpcopy, by the number of sessions.

    tests/lab/enter python3 tests/bench/open_sessions.py BUILD [--sessions N,…] [--rate N]
                    [--seconds N] [--json FILE] [--plots FOLDER …]

A file has the clients: they open their connections and ask once, at 10,000 a second, and then ask again
at --rate, one after the other. tcpcopy replays it onto an nginx with as many workers as its connections
need: each may have only so many files open. intercept brings the responses back.
"""

import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import many_clients  # noqa: E402
from lab import ADDRESS, Lab, statistic, wait_until  # noqa: E402
from peers import Nginx  # noqa: E402
from plot import Bars, bar_plot  # noqa: E402

DAEMONS = ("tcpcopy", "intercept")
OPENED_PER_SECOND = 10_000
WORKER_CONNECTIONS = 16_000  # on the average; the kernel spreads them a little unevenly
WORKER_DESCRIPTORS = 19_000
FRESH_MEGABYTES = 8 << 10  # about what a million connections take on both hosts
PAUSE = 3  # seconds between opening and asking
TAIL = 60  # seconds: the file does not end, and close all, before everything was looked at
AHEAD = ("nice", "-n", "-15")  # a turn's length is that of its work, not of its wait for a core


def packets(sessions, rate, seconds):
    """The clients' packets, and when they ask again."""
    for client in range(sessions):
        at = client / OPENED_PER_SECOND
        yield at, many_clients.syn(client)
        yield at, many_clients.ack(client)
        yield at, many_clients.request(client, 0)
    began = sessions / OPENED_PER_SECOND + PAUSE
    for number in range(rate * seconds):
        turn, client = divmod(number, sessions)
        yield began + number / rate, many_clients.request(client, 1 + turn)
    yield began + seconds + TAIL, many_clients.ack(0)


def wake_up_times(daemon):
    """Of its turns so far: the longest by the clock, the most CPU that one took, how many were long."""
    daemon.popen.send_signal(signal.SIGUSR1)
    pattern = (r"longest turn: ([\d.]+) ms; at most ([\d.]+) ms of CPU, "
               r"more than 5 ms in (\d+) of (\d+) turns")
    daemon.wait_for(pattern)
    longest, most_cpu, above, turns = re.search(pattern, daemon.log()).groups()
    return {"turn_ms": float(longest), "turn_cpu_ms": float(most_cpu), "long_wake_ups": int(above),
            "turns": int(turns)}


def fresh_memory(build):
    """What the machine takes for memory that was not used before: a line of text."""
    found = subprocess.run([build / "tests/bench/fresh_memory", str(FRESH_MEGABYTES)], check=True,
                           capture_output=True, text=True).stdout
    return f"First touch of each page of {FRESH_MEGABYTES >> 10} GB, CPU time: {found.strip()}"


def measure(build, sessions, rate, seconds):
    with tempfile.TemporaryDirectory(prefix="tcpcopy-bench-") as folder, Lab(folder, build) as lab:
        lab.route_via_assistant(many_clients.NET)
        target = Nginx(lab, "target", 8080, connections=WORKER_DESCRIPTORS,
                       workers=-(-sessions // WORKER_CONNECTIONS))
        file = lab.work / "clients.pcap"
        many_clients.write(file, packets(sessions, rate, seconds))
        daemons = {"intercept": lab.intercept(under=AHEAD),
                   "tcpcopy": lab.tcpcopy("--capture", "file", "-i", file, under=AHEAD)}
        tcpcopy = daemons["tcpcopy"]
        wait_until(lambda: target.requests() >= sessions, 60 + sessions / 1000, "all sessions",
                   pause=0.5)
        cpu = {name: daemon.cpu_seconds() for name, daemon in daemons.items()}
        asked = rate * seconds
        wait_until(lambda: target.requests() >= sessions + asked, 60 + 4 * seconds, "all requests",
                   pause=0.2)
        result = {"live": statistic(tcpcopy.log(), "live"), "requests": asked}
        for name, daemon in daemons.items():
            result[name] = {"us": (daemon.cpu_seconds() - cpu[name]) * 1e6 / asked,
                            "mb": daemon.rss_kb() / 1024}
        for name, daemon in daemons.items():
            result[name] |= wake_up_times(daemon)
        for daemon in daemons.values():
            daemon.stop(timeout=120)  # it resets them all
        late = re.search(r"half of them up to ([\d.]+), 99 % up to ([\d.]+)", tcpcopy.log())
        result["late_ms"] = [float(value) for value in late.groups()]
        target.process.stop()
        return result


def row(sessions, result):
    both = [result[name] for name in DAEMONS]
    cells = [f"{sessions:,}", f"{result['live']:,}", f"{result['requests']:,}",
             ", ".join(f"{one['us']:.1f}" for one in both) + " µs",
             ", ".join(f"{one['mb']:,.0f}" for one in both) + " MB",
             "{}, {} ms".format(*result["late_ms"]),
             ", ".join(f"{one['turn_ms']}" for one in both) + " ms",
             ", ".join(f"{one['turn_cpu_ms']}" for one in both) + " ms",
             ", ".join(f"{one['long_wake_ups']} of {one['turns']:,}" for one in both)]
    return f"| {' | '.join(cells)} |"


def plot(results):
    groups = [Bars(f"{sessions:,} sessions", [result[name]["us"] for name in DAEMONS])
              for sessions, result in results.items()]
    return bar_plot("CPU of a request, in µs", DAEMONS, groups)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--sessions", default="1000,10000,100000,1000000")
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--plots", type=pathlib.Path, action="append", default=[])
    options = parser.parse_args()
    print("| sessions | live at the end | requests | CPU of a request: tcpcopy, intercept | memory "
          "| packets late: half, 99 % | longest turn | most CPU of one | of more than 5 ms |")
    print("|---" * 9 + "|", flush=True)
    results = {}
    for sessions in map(int, options.sessions.split(",")):
        results[sessions] = measure(options.build, sessions, options.rate, options.seconds)
        print(row(sessions, results[sessions]), flush=True)
    print(f"\n{fresh_memory(options.build)}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    for folder in options.plots:
        (folder / "performance-sessions.svg").write_text(plot(results))


if __name__ == "__main__":
    main()
