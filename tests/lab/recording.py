"""The recording peer on both sides, and the comparison of what they read."""

import json
import sys

from lab import ADDRESS, HERE, wait_until

ONLINE_PORTS = (80, 81)
TARGET_PORTS = (8080, 8081)


def rules(target="target"):
    return ",".join(f"{o}-{ADDRESS[target]}:{t}" for o, t in zip(ONLINE_PORTS, TARGET_PORTS))


class Recording:
    """A recording peer on a host."""

    def __init__(self, lab, host, ports):
        self.path = lab.work / f"{host}-report.json"
        self.process = lab.start(host, sys.executable, HERE / "recording_peer.py", self.path,
                                 *ports, name="recording")
        self.process.wait_for("listening")

    def report(self):
        return json.loads(self.path.read_text())

    def finish(self):
        self.process.stop()
        return self.report()


class Peers:
    """Recording peers on online servers and on the target."""

    def __init__(self, lab, onlines=("online",)):
        self.lab = lab
        self.onlines = {host: Recording(lab, host, ONLINE_PORTS) for host in onlines}
        self.target = Recording(lab, "target", TARGET_PORTS)

    def start_client(self, clients, connections, seed, habits=None, online="online"):
        command = [sys.executable, HERE / "habits.py", ADDRESS[online], *ONLINE_PORTS, clients,
                   connections, seed] + ([",".join(habits)] if habits else [])
        return self.lab.start("client", *command, name="habits")

    def compare(self, catch_up=10):
        """Waits for the target to have caught up; returns what is wrong, one line for each
        connection, and how many connections there were."""
        def still_open(records):
            return sum(1 for record in records if record["end"] == "open")

        def settled():
            # A client's RST that is lost on its way leaves a connection open online, and so here.
            online = [record for r in self.onlines.values() for record in r.report()]
            target = self.target.report()
            return len(target) >= len(online) and still_open(target) <= still_open(online)
        try:
            wait_until(settled, catch_up, pause=0.2)
        except TimeoutError:
            pass  # the comparison says what is missing
        online = [r for recording in self.onlines.values() for r in recording.finish()]
        return differences(online, self.target.finish()), len(online)


def differences(online, target):
    found = []
    on_target = {}
    for record in target:
        on_target.setdefault(record["id"], []).append(record)
    for record in online:
        copies = on_target.pop(record["id"], [])
        if len(copies) != 1:
            found.append(f"{record['id']}: {len(copies)} connections on the target: {copies}")
        elif any(copies[0][key] != record[key] for key in ("bytes", "sha256")):
            found.append(f"{record['id']}: online {record}, target {copies[0]}")
    for name, copies in on_target.items():
        found.append(f"{name}: {copies} on the target alone")
    return found
