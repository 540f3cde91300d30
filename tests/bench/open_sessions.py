"""Requests spread over many open sessions: what one costs tcpcopy, by the number of sessions.

    tests/lab/enter python3 tests/bench/open_sessions.py BUILD [--sessions N,…] [--rate N]
                    [--seconds N]

A file has the clients: they open their connections and ask once, at 10,000 a second, and then ask again
at --rate, one after the other. tcpcopy replays it onto an nginx whose responses it captures itself.
"""

import argparse
import pathlib
import re
import resource
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import many_clients  # noqa: E402
from lab import ADDRESS, Lab, statistic, wait_until  # noqa: E402
from peers import Nginx  # noqa: E402

OPENED_PER_SECOND = 10_000
SPARE = 1000  # descriptors of the target's server, beside one for each session
PAUSE = 3  # seconds between opening and asking


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


def measure(build, sessions, rate, seconds):
    with tempfile.TemporaryDirectory(prefix="tcpcopy-bench-") as folder, Lab(folder, build) as lab:
        lab.route_via_assistant(many_clients.NET)
        target = Nginx(lab, "target", 8080, connections=sessions + SPARE)
        file = lab.work / "clients.pcap"
        many_clients.write(file, packets(sessions, rate, seconds))
        before = time.monotonic()
        tcpcopy = lab.start("assistant", lab.build / "src/tcpcopy/tcpcopy", "--capture", "file",
                            "-i", file, "-x", f"80-{ADDRESS['target']}:8080", "--responses", "eth0",
                            "--statistics", 1)
        wait_until(lambda: target.requests() >= sessions, 60 + sessions / 1000, "all sessions",
                   pause=0.5)
        opened, open_cpu, memory = time.monotonic(), tcpcopy.cpu_seconds(), tcpcopy.rss_kb()
        asked = rate * seconds
        wait_until(lambda: target.requests() >= sessions + asked, 60 + 4 * seconds, "all requests",
                   pause=0.2)
        cpu = tcpcopy.cpu_seconds() - open_cpu
        live = statistic(tcpcopy.log(), "live")
        tcpcopy.stop()
        late = re.search(r"half of them up to ([\d.]+), 99 % up to ([\d.]+)", tcpcopy.log())
        turn = re.search(r"longest turn: ([\d.]+) ms", tcpcopy.log())
        return (f"| {sessions:,} | {live:,} | {opened - before:.0f} s | {asked:,} | "
                f"{cpu * 1e6 / asked:.1f} µs | {memory * 1024 / sessions:,.0f} bytes | "
                f"{late.group(1)}, {late.group(2)} ms | {turn.group(1)} ms |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--sessions", default="1000,10000,100000,1000000")
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    print("| sessions | live at the end | opened in | requests | tcpcopy: CPU of a request | "
          "memory of tcpcopy by sessions | packets late: half, 99 % | longest turn |")
    print("|---" * 8 + "|", flush=True)
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for sessions in map(int, options.sessions.split(",")):
        if sessions + SPARE > descriptors:
            print(f"{sessions:,} sessions: left out, a process may have {descriptors:,} files open "
                  "here (ulimit -Hn)", file=sys.stderr)
            continue
        print(measure(options.build, sessions, options.rate, options.seconds), flush=True)


if __name__ == "__main__":
    main()
