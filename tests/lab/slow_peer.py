"""A web server that takes its time: each answer comes so many seconds after its request.

    slow_peer.py PORT SECONDS
"""

import asyncio
import sys


async def main():
    port, seconds = int(sys.argv[1]), float(sys.argv[2])

    async def converse(reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(seconds)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(converse, "0.0.0.0", port)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
