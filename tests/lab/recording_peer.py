"""A server that writes down, for each connection, what it read: how much, and its SHA-256.

    recording_peer.py REPORT PORT GREETING_PORT

A connection sends `HELLO <id>` and then commands, one a line:
    PUT <n>   n bytes follow; answered with `OK <n>`
    GET <n>   answered with n bytes
    BYE       the server closes
On GREETING_PORT the server speaks first. At the client's end of stream the server answers
`EOF <bytes read>` and closes. The report is JSON; see recorder.py for when it is written.
"""

import asyncio
import sys

from recorder import Recorder, note_body

GREETING = b"220 ready\n"
PATTERN = bytes(range(256)) * 256


async def converse(reader, writer, record):
    hello = record.note(await reader.readline()).split()
    if len(hello) == 2 and hello[0] == b"HELLO":
        record.id = hello[1].decode()
    while line := record.note(await reader.readline()):
        command = line.split()
        if command and command[0] == b"PUT":
            if not await note_body(reader, record, int(command[1])):
                break
            writer.write(b"OK %d\n" % int(command[1]))
        elif command and command[0] == b"GET":
            await send_pattern(writer, int(command[1]))
        elif command and command[0] == b"BYE":
            record.end = "bye"
            return
        await writer.drain()
    record.end = "eof"
    writer.write(b"EOF %d\n" % record.count)
    await writer.drain()


async def send_pattern(writer, length):
    left = length
    while left:
        piece = PATTERN[: min(left, len(PATTERN))]
        writer.write(piece)
        left -= len(piece)
        await writer.drain()


async def greet_and_converse(reader, writer, record):
    writer.write(GREETING)
    await writer.drain()
    await converse(reader, writer, record)


def main():
    report, port, greeting_port = sys.argv[1:4]
    asyncio.run(Recorder(report).run({int(port): converse, int(greeting_port): greet_and_converse}))


if __name__ == "__main__":
    main()
