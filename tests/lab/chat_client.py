"""Clients of chat_peer.py: half of them chat, half of them send mail.

    chat_client.py SERVER CHAT_PORT MAIL_PORT CLIENTS CONNECTIONS MESSAGES
"""

import asyncio
import random
import struct
import sys

from chat_peer import MESSAGE_BYTES, PAUSE_SECONDS

TIMEOUT = 60


async def read_messages(reader, count):
    for _ in range(count):
        await reader.readexactly(struct.unpack("!I", await reader.readexactly(4))[0])


async def chat(reader, writer, name, messages, rng):
    writer.write(b"HELLO %s %d\n" % (name.encode(), messages))
    reading = asyncio.create_task(read_messages(reader, messages))
    for _ in range(messages):
        length = rng.randint(*MESSAGE_BYTES)
        writer.write(struct.pack("!I", length) + rng.randbytes(length))
        await writer.drain()
        await asyncio.sleep(rng.uniform(*PAUSE_SECONDS))
    await reading
    writer.write_eof()
    assert await reader.read() == b""


async def mail(reader, writer, name, messages, rng):
    async def expect(code):
        line = await reader.readline()
        while line[3:4] == b"-":
            line = await reader.readline()
        assert line.startswith(code), line

    await expect(b"220")
    writer.write(b"EHLO %s\r\n" % name.encode())
    await expect(b"250")
    for _ in range(messages // 10):
        # Pipelined (RFC 2920): the answers come together.
        writer.write(b"MAIL FROM:<a@lab>\r\nRCPT TO:<b@lab>\r\nDATA\r\n")
        for code in (b"250", b"250", b"354"):
            await expect(code)
        for _ in range(rng.randint(1, 200)):
            writer.write(b"%x\r\n" % rng.getrandbits(200))
        writer.write(b".\r\n")
        await expect(b"250")
    writer.write(b"QUIT\r\n")
    await expect(b"221")


async def be_client(server, ports, number, connections, messages):
    for index in range(connections):
        converse = (chat, mail)[(number + index) % 2]
        name = f"{number}-{index}-{converse.__name__}"
        reader, writer = await asyncio.open_connection(server, ports[converse is mail])
        talk = converse(reader, writer, name, messages, random.Random(name))
        await asyncio.wait_for(talk, TIMEOUT)
        writer.close()
        await writer.wait_closed()


async def main():
    server, chat_port, mail_port, clients, connections, messages = sys.argv[1:7]
    ports = (int(chat_port), int(mail_port))
    await asyncio.gather(*(be_client(server, ports, n, int(connections), int(messages))
                           for n in range(int(clients))))


if __name__ == "__main__":
    asyncio.run(main())
