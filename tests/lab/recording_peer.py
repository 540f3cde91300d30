"""A server that writes down, for each connection, what it read: how much, and its SHA-256.

    recording_peer.py REPORT PORT GREETING_PORT

A connection sends `HELLO <id>` and then commands, one a line:
    PUT <n>   n bytes follow; answered with `OK <n>`
    GET <n>   answered with n bytes
    BYE       the server closes
On GREETING_PORT the server speaks first. At the client's end of stream the server answers
`EOF <bytes read>` and closes. On SIGTERM, and after every second, the report is written as JSON.
"""

import asyncio
import hashlib
import json
import os
import signal
import sys

GREETING = b"220 ready\n"
PATTERN = bytes(range(256)) * 256
records = []


class Connection:
    def __init__(self):
        self.id = None
        self.count = 0
        self.digest = hashlib.sha256()
        self.end = "open"

    def note(self, data):
        self.count += len(data)
        self.digest.update(data)

    def as_json(self):
        return {"id": self.id, "bytes": self.count, "sha256": self.digest.hexdigest(),
                "end": self.end}


async def read_line(reader, record):
    line = await reader.readline()
    record.note(line)
    return line


async def put(reader, record, length):
    left = length
    while left:
        data = await reader.read(min(left, 65536))
        if not data:
            return False
        record.note(data)
        left -= len(data)
    return True


async def converse(reader, writer, record):
    hello = (await read_line(reader, record)).split()
    if len(hello) == 2 and hello[0] == b"HELLO":
        record.id = hello[1].decode()
    while line := await read_line(reader, record):
        command = line.split()
        if command and command[0] == b"PUT":
            if not await put(reader, record, int(command[1])):
                break
            writer.write(b"OK %d\n" % int(command[1]))
        elif command and command[0] == b"GET":
            left = int(command[1])
            while left:
                piece = PATTERN[: min(left, len(PATTERN))]
                writer.write(piece)
                left -= len(piece)
                await writer.drain()
        elif command and command[0] == b"BYE":
            record.end = "bye"
            return
        await writer.drain()
    record.end = "eof"
    writer.write(b"EOF %d\n" % record.count)
    await writer.drain()


def serve(greets):
    async def on_connection(reader, writer):
        record = Connection()
        records.append(record)
        try:
            if greets:
                writer.write(GREETING)
                await writer.drain()
            await converse(reader, writer, record)
        except (ConnectionError, OSError):
            record.end = "reset"
        finally:
            writer.close()
    return on_connection


def write_report(path):
    with open(path + ".new", "w", encoding="utf-8") as report:
        json.dump([record.as_json() for record in records], report)
    os.replace(path + ".new", path)


async def main():
    path, port, greeting_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    for number, greets in ((port, False), (greeting_port, True)):
        await asyncio.start_server(serve(greets), "0.0.0.0", number, backlog=1024, limit=1 << 20)
    print("listening", flush=True)
    while not stop.is_set():
        write_report(path)
        try:
            await asyncio.wait_for(stop.wait(), 1)
        except asyncio.TimeoutError:
            pass
    write_report(path)


asyncio.run(main())
