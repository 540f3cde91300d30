"""Clients of answers.py: connections that are kept, a pause for thought behind each answer.

    asking.py ADDRESS PORT CONNECTIONS SECONDS [OPTION …]

Prints `stopped` and the seconds of CLOCK_MONOTONIC when the last answer has come.
"""

import argparse
import asyncio
import sys
import time


def parse(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("connections", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--think", type=float, default=10, help="ms")
    parser.add_argument("--hesitate", type=float, default=0, help="s before the first request")
    parser.add_argument("--requests", type=int, default=1 << 60, help="of a connection at most")
    parser.add_argument("--body", type=int, default=0, help="bytes of a request's body")
    parser.add_argument("--pipelined", action="store_true", help="asks without waiting for answers")
    parser.add_argument("--greeted", action="store_true", help="waits for a line first")
    parser.add_argument("--stay", type=float, default=0, help="closes so many s after its last")
    return parser.parse_args(arguments)


class Asker:
    def __init__(self, options, number, end):
        self.options, self.number, self.end = options, number, end

    def request(self, index):
        method = b"POST" if self.options.body else b"GET"
        head = b"%s /%d-%d HTTP/1.1\r\nHost: lab\r\nContent-Length: %d\r\n\r\n" % (
            method, self.number, index, self.options.body)
        return head + b"b" * self.options.body

    async def run(self):
        # Not all at the same moment.
        await asyncio.sleep(self.options.think / 1000 * self.number / self.options.connections)
        reader, writer = await asyncio.open_connection(self.options.address, self.options.port)
        if self.options.greeted:
            await reader.readline()
        await asyncio.sleep(self.options.hesitate)
        await (self.pipeline if self.options.pipelined else self.converse)(reader, writer)
        stopped = time.monotonic()
        await asyncio.sleep(self.options.stay)
        writer.close()
        await writer.wait_closed()
        return stopped

    async def converse(self, reader, writer):
        for index in range(self.options.requests):
            writer.write(self.request(index))
            await read_answer(reader)
            if time.monotonic() > self.end:
                return
            if index + 1 < self.options.requests:
                await asyncio.sleep(self.options.think / 1000)

    async def pipeline(self, reader, writer):
        async def read_all():
            for _ in range(self.options.requests):
                await read_answer(reader)

        reading = asyncio.create_task(read_all())
        for index in range(self.options.requests):
            writer.write(self.request(index))
            await writer.drain()
        await reading


async def read_answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))


async def main(options):
    end = time.monotonic() + options.seconds
    askers = [Asker(options, number, end).run() for number in range(options.connections)]
    print("stopped", max(await asyncio.gather(*askers)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(parse(sys.argv[1:])))
