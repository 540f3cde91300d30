"""The demonstration: live requests reach the target, and how well they do. See scripts/demo.

    demo.py BUILD [--keep] [--seconds N]
"""

import argparse
import os
import re
import signal
import sys
import tempfile
import time

from lab import ADDRESS, HERE, POOL, Lab
from recording import Peers

CLIENTS = 20
PORTS = ((80,), (8080,))
CATCH_UP_SECONDS = 10
PICTURE = f"""
Four hosts on one switch, each a network namespace with a TCP of its own:

  +--------------------+   the live requests    +--------------------+
  | client             |----------------------->| online             |
  | {ADDRESS['client']:<18} |<-----------------------| {ADDRESS['online']:<18} |
  +--------------------+     their responses    | web server, tcpcopy|
                                                +--------------------+
                         headers of responses,    ^       | the same requests,
                         over the control channel |       | from {POOL}
                                                  |       v
  +--------------------+                        +--------------------+
  | assistant          |   responses, routed    | target             |
  | {ADDRESS['assistant']:<18} |<-----------------------| {ADDRESS['target']:<18} |
  | intercept          |   here, end here       | web server         |
  +--------------------+                        +--------------------+

The control channel is a TCP connection from tcpcopy to intercept.

Each second: the requests that each web server has read, and by how many the
target lags. It may be ahead for a moment, as it gets what was captured.
"""


class Screen:
    """One line that is written over on a terminal; one line after the other elsewhere."""

    def __init__(self):
        self.terminal = sys.stdout.isatty()

    def live(self, text):
        print(f"\r{text}\x1b[K" if self.terminal else text, end="" if self.terminal else "\n",
              flush=True)

    def end(self):
        if self.terminal:
            print()


def live_line(seconds, online, target, sessions):
    """Fits into 80 columns. The two counts are not of one moment: a lag below 0 is none."""
    return (f"{seconds:4.0f} s  requests online {online:7}, target {target:7}  "
            f"sessions live {sessions:>3}  lag {max(online - target, 0)}")


class Demo:
    def __init__(self, lab):
        self.lab = lab
        lab.route_responses()
        self.start_peers()
        self.intercept = lab.intercept()
        self.tcpcopy = lab.tcpcopy("-c", POOL)
        self.requests = {"online": 0, "target": 0}
        self.connections = 0
        self.differences = []

    def start_peers(self):
        self.peers = Peers(self.lab, program="http_peer.py", ports=PORTS)

    def start_client(self, clients, seconds, pause_ms):
        return self.lab.start("client", sys.executable, HERE / "http_client.py", ADDRESS["online"],
                              PORTS[0][0], clients, seconds, pause_ms)

    def count(self):
        """Requests so far; the target first, that none seems to come before it was made."""
        recordings = {"target": self.peers.target, **self.peers.onlines}
        for host, recording in recordings.items():
            self.requests[host] = int(recording.path.with_suffix(".json.requests").read_text())

    def sessions(self):
        found = re.findall(r"active:(\d+)", self.tcpcopy.log())
        return found[-1] if found else "0"

    def watch(self, seconds):
        """Runs the clients and shows the live line until they end."""
        client = self.start_client(CLIENTS, seconds, 20)
        screen = Screen()
        started = time.monotonic()
        while client.alive():
            time.sleep(1)
            self.count()
            online, target = self.requests["online"], self.requests["target"]
            screen.live(live_line(time.monotonic() - started, online, target, self.sessions()))
        screen.end()
        if client.popen.returncode != 0:
            raise RuntimeError(f"the clients failed:\n{client.log()}")

    def judge(self):
        self.differences, self.connections = self.peers.compare(CATCH_UP_SECONDS)
        self.count()

    def complete(self):
        return (self.connections > 0 and not self.differences
                and self.requests["online"] == self.requests["target"])

    def cpu(self, daemon):
        if not daemon.alive():
            return "(it has ended)"
        return f"{daemon.cpu_seconds() * 1e6 / max(self.requests['online'], 1):.0f} µs"

    def verdict(self):
        online, target = self.requests["online"], self.requests["target"]
        exact = self.connections - len({line.split(":")[0] for line in self.differences})
        lines = [
            f"  requests     {target} served by the target, of {online} that the online server had",
            f"  connections  {exact} of {self.connections} byte-exact on the target, by SHA-256",
            f"  CPU          tcpcopy {self.cpu(self.tcpcopy)}, intercept "
            f"{self.cpu(self.intercept)} for each request",
        ]
        if self.complete():
            lines.insert(0, "The replay was complete: the target served every request that the "
                            "online\nserver did, byte for byte, and no other.")
        else:
            lines.insert(0, "The replay was NOT complete.")
            lines += [f"  {difference}" for difference in self.differences[:10]]
            lines += [f"  the log of {daemon.log_path.name} ends with:\n" +
                      "\n".join("    " + line for line in daemon.log().splitlines()[-5:])
                      for daemon in (self.tcpcopy, self.intercept)]
        return "\n".join(lines)

    def keep(self):
        """Leaves the lab up, with a little traffic, until Enter or SIGTERM."""
        self.start_peers()
        self.start_client(5, 10**9, 200)
        enter, watch = f"nsenter -t {os.getpid()} -n -m", "tcpdump -ni eth0"
        if os.environ.get("TCPCOPY_LAB_ENTERED") == "user":
            enter = enter.replace(" -n", " -U --preserve-credentials -n")
            watch = f"python3 {HERE / 'capture.py'} eth0"
        print(f"""
The lab stays up, with a request every 40 ms. Look around in it from another terminal:

  {enter} ip netns exec target {watch} tcp port 8080
  {enter} ip netns exec assistant {watch} tcp src port 8080
  {enter} ip netns exec online ss -tn
  {enter} ip netns exec target ip route
  {enter} ip netns exec client bash
  tail -f {self.tcpcopy.log_path}
  tail -f {self.intercept.log_path}

To end it: {'press Enter here, or ' if sys.stdin.isatty() else ''}kill {os.getpid()}""", flush=True)
        if sys.stdin.isatty():
            sys.stdin.readline()
        else:
            signal.pause()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    # Whatever ends the demonstration, the lab is taken down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    with tempfile.TemporaryDirectory(prefix="tcpcopy-demo-") as work, \
            Lab(work, options.build) as lab:
        demo = Demo(lab)
        print(PICTURE, flush=True)
        demo.watch(options.seconds)
        demo.judge()
        print("\n" + demo.verdict(), flush=True)
        status = 0 if demo.complete() else 1
        if options.keep:
            demo.keep()
        elif status == 0:
            print('\nBetween servers of your own: README.md, "Install", "Replay in five minutes".')
        return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (RuntimeError, AssertionError, TimeoutError) as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(1)
