"""Datagrams that are counted on arrival.

    datagrams.py serve REPORT PORT                    writes down what arrives, at SIGTERM
    datagrams.py send SERVER PORT COUNT SIZE [SEED]   sends COUNT of up to SIZE bytes, one a ms
    datagrams.py ask SERVER PORT COUNT                asks a name server for n0.lab, n1.lab, …

The report is JSON: SHA-256 of the payload to how often it came.
"""

import collections
import hashlib
import json
import pathlib
import random
import signal
import socket
import struct
import sys
import time


def serve(report, port):
    arrived = collections.Counter()
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("0.0.0.0", int(port)))

    def end(*_):
        pathlib.Path(report).write_text(json.dumps(arrived))
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    print("listening", flush=True)
    while True:
        arrived[hashlib.sha256(datagrams.recv(65536)).hexdigest()] += 1


def send(server, port, count, size, seed="1"):
    rng = random.Random(seed)
    for _ in range(int(count)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            payload = rng.randbytes(rng.randint(16, int(size)))
            datagrams.sendto(payload, (server, int(port)))
        time.sleep(0.001)


def ask(server, port, count):
    for number in range(int(count)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.settimeout(5)
            name = f"n{number}".encode()
            query = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0)  # RFC 1035, 4.1: recursion wanted
            query += bytes([len(name)]) + name + b"\x03lab\x00" + struct.pack("!2H", 1, 1)
            datagrams.sendto(query, (server, int(port)))
            answer = datagrams.recv(512)
            assert answer[:2] == query[:2] and answer[-4:] == bytes([10, 1, 2, 3])


if __name__ == "__main__":
    {"serve": serve, "send": send, "ask": ask}[sys.argv[1]](*sys.argv[2:])
