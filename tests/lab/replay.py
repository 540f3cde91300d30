"""A replay between two servers whose answers are told: answers.py, asked by asking.py."""

import re
import sys
import time

from answers import Answers
from lab import ADDRESS, HERE, POOL

ASKED = ("--size", 2000)


class Replay:
    """A client, an online server that answers as told, and a target that is told otherwise."""

    def __init__(self, make_lab, online=ASKED, target=ASKED, options=(), pool=True):
        self.lab = make_lab()
        self.lab.route_responses(pool)
        self.online = Answers(self.lab, "online", 80, *online)
        self.target = Answers(self.lab, "target", 8080, *target)
        self.lab.intercept()
        self.tcpcopy = self.lab.tcpcopy(*(("-c", POOL) if pool else ()), *options)

    def start_client(self, connections=20, seconds=3, *options):
        return self.lab.start("client", sys.executable, HERE / "asking.py", ADDRESS["online"], 80,
                              connections, seconds, *options, name="asking")

    def ask(self, *arguments):
        """Runs a client. Returns when its last answer came."""
        client = self.start_client(*arguments)
        assert client.popen.wait(60) == 0, client.log()
        return float(re.search(r"^stopped ([\d.]+)", client.log(), re.M).group(1))

    def missing(self, by=float("inf")):
        """The requests that the online server has read, and the target has not until then."""
        return set(self.online.served()) - set(self.target.served(by))

    def share(self, stopped, seconds=1):
        """Of the requests, what the target had read so long after the client's last answer."""
        while time.monotonic() < stopped + seconds + 0.2:
            time.sleep(0.05)
        asked = len(set(self.online.served()))
        assert asked > 0
        share = 1 - len(self.missing(stopped + seconds)) / asked
        print(f"{asked} requests, {100 * share:.2f} % after {seconds} s")
        return share

    def last_ledger(self):
        self.tcpcopy.stop()
        log = self.tcpcopy.log()
        assert "balanced:NO" not in log
        return [line for line in log.splitlines() if " ledger: " in line][-1]
