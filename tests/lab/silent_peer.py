"""A server that answers nothing, and writes down what each connection brought.

    silent_peer.py REPORT PORT…

The report is JSON; see recorder.py for when it is written.
"""

import asyncio
import sys

from recorder import Recorder


async def converse(reader, _, record):
    while record.note(await reader.read(65536)):
        pass
    record.end = "eof"


def main():
    report, *ports = sys.argv[1:]
    asyncio.run(Recorder(report).run({int(port): converse for port in ports}))


if __name__ == "__main__":
    main()
