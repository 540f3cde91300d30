"""Peers that record, on both sides, and the comparison of what they read."""

import json
import sys

from lab import ADDRESS, HERE, wait_until

ONLINE_PORTS = (80, 81)
TARGET_PORTS = (8080, 8081)


def rules(target="target"):
    return ",".join(f"{o}-{ADDRESS[target]}:{t}" for o, t in zip(ONLINE_PORTS, TARGET_PORTS))


class Recording:
    """A peer that records, on a host."""

    def __init__(self, lab, host, program, ports):
        self.path = lab.work / f"{host}-{ports[0]}-report.json"
        self.process = lab.start(host, sys.executable, HERE / program, self.path, *ports,
                                 name="recording")
        self.process.wait_for("listening")

    def report(self):
        return json.loads(self.path.read_text())

    def finish(self):
        self.process.stop()
        return self.report()


class Peers:
    """Peers that record, on online servers and on the target."""

    def __init__(self, lab, onlines=("online",), program="recording_peer.py",
                 ports=(ONLINE_PORTS, TARGET_PORTS)):
        self.lab = lab
        self.onlines = {host: Recording(lab, host, program, ports[0]) for host in onlines}
        self.target = Recording(lab, "target", program, ports[1])

    def start_client(self, clients, connections, seed, habits=None, online="online"):
        command = [sys.executable, HERE / "habits.py", ADDRESS[online], *ONLINE_PORTS, clients,
                   connections, seed] + ([",".join(habits)] if habits else [])
        return self.lab.start("client", *command, name="habits")

    def compare(self, catch_up=10, ends=True, times=1):
        """For when the clients have ended. Waits for the target to have caught up; returns what is
        wrong, one line for each connection, and how many connections there were.
        @param ends whether connections must end alike: where packets are lost, a reset may be.
        @param times how often each connection must be on the target."""
        online = [record for recording in self.onlines.values() for record in recording.finish()]
        try:
            wait_until(lambda: not differences(online, self.target.report(), ends, times), catch_up)
        except TimeoutError:
            pass  # the comparison says what is missing
        return differences(online, self.target.finish(), ends, times), len(online)


def differences(online, target, ends=True, times=1):
    compared = ("bytes", "sha256", "end") if ends else ("bytes", "sha256")
    found = []
    on_target = {}
    for record in target:
        on_target.setdefault(record["id"], []).append(record)
    for record in online:
        copies = on_target.pop(record["id"], [])
        if len(copies) != times:
            found.append(f"{record['id']}: {len(copies)} connections on the target: {copies}")
        elif any(copy[key] != record[key] for copy in copies for key in compared):
            found.append(f"{record['id']}: online {record}, target {copies}")
    for name, copies in on_target.items():
        found.append(f"{name}: {copies} on the target alone")
    return found
