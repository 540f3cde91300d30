"""A server that speaks when it likes, and writes down what it read.

    chat_peer.py REPORT CHAT_PORT MAIL_PORT

CHAT_PORT talks like a WebSocket: a connection says `HELLO <id> <messages>\n`; from then on both
sides push messages whenever they like, in frames of a length (4) and as many bytes. The server
pushes as many as the client announced, and ends when the client has.

MAIL_PORT talks like SMTP: the server greets, every command has its answer, a mail ends with a line
that is a dot, and the server closes behind QUIT.
"""

import asyncio
import random
import struct
import sys

from recorder import Recorder, note_body

MESSAGE_BYTES = (1, 3000)
PAUSE_SECONDS = (0, 0.03)


async def push(writer, count, rng):
    for _ in range(count):
        length = rng.randint(*MESSAGE_BYTES)
        writer.write(struct.pack("!I", length) + bytes(length))
        await writer.drain()
        await asyncio.sleep(rng.uniform(*PAUSE_SECONDS))


async def chat(reader, writer, record):
    hello = record.note(await reader.readline()).decode().split()
    record.id, messages = hello[1], int(hello[2])
    pushing = asyncio.create_task(push(writer, messages, random.Random(record.id)))
    try:
        while header := record.note(await reader.read(4)):
            while len(header) < 4:
                header += record.note(await reader.readexactly(4 - len(header)))
            if not await note_body(reader, record, struct.unpack("!I", header)[0]):
                break
        await pushing
    finally:
        pushing.cancel()
    record.end = "eof"


async def mail(reader, writer, record):
    async def say(text):
        writer.write(text)
        await writer.drain()

    await say(b"220 mail.lab ready\r\n")
    while line := record.note(await reader.readline()):
        verb = line.split()[0].upper()
        if verb == b"EHLO":
            record.id = line.split()[1].decode()
            await say(b"250-mail.lab\r\n250-PIPELINING\r\n250 SIZE\r\n")
        elif verb == b"DATA":
            await say(b"354 go on\r\n")
            while record.note(line := await reader.readline()) not in (b".\r\n", b""):
                pass
            await say(b"250 taken\r\n")
        elif verb == b"QUIT":
            await say(b"221 bye\r\n")
            record.end = "bye"
            return
        else:
            await say(b"250 fine\r\n")


def main():
    report, chat_port, mail_port = sys.argv[1:4]
    asyncio.run(Recorder(report).run({int(chat_port): chat, int(mail_port): mail}))


if __name__ == "__main__":
    main()
