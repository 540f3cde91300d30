"""A web server that writes down, for each connection, what it read: how much, and its SHA-256.

    http_peer.py REPORT PORT

A connection tells its id with `X-Connection`. GET /<n> is answered with n bytes, anything else with
a few. The number of requests so far stands in REPORT.requests at any moment.
"""

import asyncio
import os
import sys

from recorder import Recorder, note_body


class HttpPeer:
    def __init__(self, counter_path):
        self.requests = 0
        self.counter = os.open(counter_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self.show_requests()

    def show_requests(self):
        os.pwrite(self.counter, b"%d" % self.requests, 0)

    async def converse(self, reader, writer, record):
        while start := record.note(await reader.readline()):
            headers = await read_headers(reader, record)
            record.id = headers.get("x-connection", record.id)
            if not await note_body(reader, record, int(headers.get("content-length", 0))):
                break
            self.requests += 1
            self.show_requests()
            method, path, _ = start.decode().split()
            body = b"x" * int(path[1:]) if method == "GET" else b"thank you\n"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        record.end = "eof"


async def read_headers(reader, record):
    headers = {}
    while (line := record.note(await reader.readline())).strip():
        name, value = line.decode().split(":", 1)
        headers[name.lower()] = value.strip()
    return headers


def main():
    report, port = sys.argv[1:3]
    peer = HttpPeer(report + ".requests")
    asyncio.run(Recorder(report).run({int(port): peer.converse}))


if __name__ == "__main__":
    main()
