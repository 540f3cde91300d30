"""A server whose answers are told on its command line; it writes down what it read, and when.

    answers.py REPORT PORT [OPTION …]

A request is HTTP/1.1 on a connection that is kept; its path is its id. REPORT gets a line for each
event: the seconds of CLOCK_MONOTONIC, which all hosts of the lab share, the event (open, request,
answer, close), the number of the connection, and the request's id. `Answers` reads it.
"""

import argparse
import asyncio
import itertools
import signal
import socket
import struct
import sys
import time

from lab import HERE

READ_AHEAD = 65536


def parse(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("report")
    parser.add_argument("port", type=int)
    parser.add_argument("--size", type=int, default=2000, help="bytes of an answer's body")
    parser.add_argument("--chunks", type=int, default=1, help="an answer comes in so many parts")
    parser.add_argument("--pause", type=float, default=0, help="between them, ms")
    parser.add_argument("--delay", type=float, default=0, help="before an answer, ms")
    parser.add_argument("--never-every", type=int, help="every Nth request is never answered")
    parser.add_argument("--reset-every", type=int, help="every Nth request is answered with RST")
    parser.add_argument("--close-after", type=int, help="answers of a connection")
    parser.add_argument("--idle-close", type=float, help="closes what says nothing for so many s")
    parser.add_argument("--greeting", help="a line that is said first")
    parser.add_argument("--busy", help="a line that is said instead of anything else")
    parser.add_argument("--refuse", action="store_true", help="resets whoever connects")
    parser.add_argument("--silent", action="store_true", help="reads, never answers")
    parser.add_argument("--early", action="store_true", help="answers before it reads the body")
    parser.add_argument("--push", type=int, default=0, help="bytes said unasked each 20 ms")
    parser.add_argument("--receive-buffer", type=int, help="bytes: a small window")
    parser.add_argument("--stall", type=float, help="reads nothing for so many s behind a request")
    return parser.parse_args(arguments)


class Server:
    def __init__(self, options):
        self.options = options
        self.report = open(options.report, "w", encoding="utf-8", buffering=1)
        self.connections = itertools.count()
        self.requests = itertools.count(1)

    def note(self, event, connection, name=""):
        self.report.write(f"{time.monotonic():.6f} {event} {connection} {name}\n")

    async def serve(self, reader, writer):
        connection = next(self.connections)
        self.note("open", connection)
        # What is not taken by the kernel is waited for: it writes as a server with threads does.
        writer.transport.set_write_buffer_limits(0)
        pushing = None
        try:
            if self.options.push:
                pushing = asyncio.create_task(self.push(writer))
            await self.converse(reader, writer, connection)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
            pass
        finally:
            if pushing:
                pushing.cancel()
            writer.close()
            self.note("close", connection)

    async def converse(self, reader, writer, connection):
        options = self.options
        if options.refuse:
            reset(writer)
            return
        first_line = options.busy or options.greeting
        if first_line:
            writer.write(first_line.encode() + b"\r\n")
        if options.busy:
            return
        for served in itertools.count(1):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), options.idle_close)
            name = head.split(b" ", 2)[1].decode()
            if options.early:
                await self.answer(writer)
            await reader.readexactly(body_length(head))
            self.note("request", connection, name)
            number = next(self.requests)
            if options.reset_every and number % options.reset_every == 0:
                reset(writer)
                return
            if options.stall:
                await asyncio.sleep(options.stall)
            never = options.never_every and number % options.never_every == 0
            if not (never or options.silent or options.early):
                await self.answer(writer)
                self.note("answer", connection, name)
            if served == options.close_after:
                return

    async def answer(self, writer):
        options = self.options
        if options.delay:
            await asyncio.sleep(options.delay / 1000)
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % options.size
        whole = head + b"x" * options.size
        step = -(-len(whole) // options.chunks)
        for at in range(0, len(whole), step):
            if at and options.pause:
                await asyncio.sleep(options.pause / 1000)
            writer.write(whole[at:at + step])
            await writer.drain()

    async def push(self, writer):
        while not writer.is_closing():
            writer.write(b"p" * self.options.push)
            await asyncio.sleep(0.02)


def body_length(head):
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                               struct.pack("ii", 1, 0))
    writer.transport.abort()


async def run(options):
    server = Server(options)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    listener = socket.create_server(("0.0.0.0", options.port), backlog=1024)
    if options.receive_buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options.receive_buffer)
    await asyncio.start_server(server.serve, sock=listener, limit=READ_AHEAD)
    print("listening", flush=True)
    await stop.wait()


class Answers:
    """Such a server on a host, and what it has written down."""

    def __init__(self, lab, host, port, *options):
        self.path = lab.work / f"{host}-{port}-answers.txt"
        self.process = lab.start(host, sys.executable, HERE / "answers.py", self.path, port,
                                 *options, name="answers").wait_for("listening")

    def events(self, event):
        """The connection, the id and the time of each."""
        lines = (line.split(" ") for line in self.path.read_text().splitlines())
        return [(int(line[2]), line[3], float(line[0])) for line in lines if line[1] == event]

    def served(self, by=float("inf")):
        """The ids of the requests that were read in full until then."""
        return [name for _, name, at in self.events("request") if at <= by]

    def connections(self):
        return len(self.events("open"))


if __name__ == "__main__":
    asyncio.run(run(parse(sys.argv[1:])))
