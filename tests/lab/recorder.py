"""Writes down, for each connection of a peer, what it read: how much, and its SHA-256."""

import asyncio
import hashlib
import json
import os
import signal
import time

LINE_LIMIT = 1 << 20
GRACE_SECONDS = 2


class Record:
    """What one connection was."""

    def __init__(self):
        self.id = None
        self.count = 0
        self.digest = hashlib.sha256()
        self.end = "open"

    def note(self, data):
        self.count += len(data)
        self.digest.update(data)
        return data

    def as_json(self):
        return {"id": self.id, "bytes": self.count, "sha256": self.digest.hexdigest(),
                "end": self.end}


class Recorder:
    """Listens on ports, talks to who connects and reports every second. On SIGTERM the connections
    have a moment to end; then comes the last report."""

    def __init__(self, report_path):
        self.report_path = report_path
        self.records = []

    def write_report(self):
        fresh = self.report_path + ".new"
        with open(fresh, "w", encoding="utf-8") as report:
            json.dump([record.as_json() for record in self.records], report)
        os.replace(fresh, self.report_path)

    def on_connection(self, converse):
        """`converse(reader, writer, record)` is one connection's life; it sets the record's end."""
        async def serve(reader, writer):
            record = Record()
            self.records.append(record)
            try:
                await converse(reader, writer, record)
            except (ConnectionError, OSError):
                record.end = "reset"
            finally:
                writer.close()
        return serve

    async def run(self, ports):
        """@param ports port → converse."""
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        for port, converse in ports.items():
            await asyncio.start_server(self.on_connection(converse), "0.0.0.0", port, backlog=1024,
                                       limit=LINE_LIMIT)
        print("listening", flush=True)
        while not stop.is_set():
            self.write_report()
            try:
                await asyncio.wait_for(stop.wait(), 1)
            except asyncio.TimeoutError:
                pass
        await self.wait_for_ends()
        self.write_report()

    async def wait_for_ends(self):
        end = time.monotonic() + GRACE_SECONDS
        while any(record.end == "open" for record in self.records) and time.monotonic() < end:
            await asyncio.sleep(0.05)


async def note_body(reader, record, length):
    """Reads a body; false when the client's stream ends before."""
    left = length
    while left:
        data = record.note(await reader.read(min(left, 65536)))
        if not data:
            return False
        left -= len(data)
    return True
