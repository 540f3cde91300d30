"""A client with many habits, for the recording peer.

    habits.py SERVER PORT GREETING_PORT CLIENTS CONNECTIONS SEED [HABIT,…]

Every connection's id says what it did: <seed>-<client>-<number>-<habit>.
"""

import hashlib
import random
import socket
import struct
import sys
import threading
import time

TIMEOUT = 60


class Peer:
    """One connection to the recording peer."""

    def __init__(self, address, name, greeting=False):
        self.socket = socket.create_connection(address, TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        if greeting:
            assert self.file.readline() == b"220 ready\n"
        self.hello = b"HELLO %s\n" % name.encode()

    def send(self, data):
        self.socket.sendall(self.hello + data)
        self.hello = b""

    def expect_ok(self, length):
        assert self.file.readline() == b"OK %d\n" % length

    def read(self, length):
        left = length
        while left:
            left -= len(self.file.read(min(left, 65536)))

    def put(self, length, rng):
        self.send(b"PUT %d\n" % length + rng.randbytes(length))
        self.expect_ok(length)

    def get(self, length):
        self.send(b"GET %d\n" % length)
        self.read(length)

    def close(self):
        self.file.close()
        self.socket.close()


def keep_alive(peer, rng):
    for _ in range(rng.randint(5, 20)):
        peer.get(rng.randint(1, 5000))


def upload(peer, rng):
    peer.put(rng.randint(20_000, 300_000), rng)
    peer.get(100)


def download(peer, rng):
    peer.get(rng.randint(200_000, 2_000_000))
    peer.get(10)


def pipelining(peer, rng):
    sizes = [rng.randint(1, 3000) for _ in range(rng.randint(5, 30))]
    peer.send(b"".join(b"GET %d\n" % size for size in sizes))
    peer.read(sum(sizes))
    peer.put(500, rng)


def greeted(peer, rng):
    peer.put(rng.randint(1, 2000), rng)
    peer.get(200)


def half_close(peer, rng):
    length = rng.randint(1, 50_000)
    peer.send(b"PUT %d\n" % length + rng.randbytes(length))
    peer.socket.shutdown(socket.SHUT_WR)
    assert peer.file.read().endswith(b"\n")


def abort(peer, rng):
    peer.put(rng.randint(1, 20_000), rng)
    peer.get(rng.randint(1, 20_000))
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def pauses(peer, rng):
    for _ in range(3):
        peer.get(rng.randint(1, 2000))
        time.sleep(rng.uniform(0.3, 1.5))


def tiny_writes(peer, rng):
    length = rng.randint(50, 200)
    peer.send(b"PUT %d\n" % length)
    for byte in rng.randbytes(length):
        peer.send(bytes([byte]))
    peer.expect_ok(length)


def one_request(peer, rng):
    peer.get(rng.randint(1, 8000))


def server_closes(peer, rng):
    peer.get(rng.randint(1, 4000))
    peer.send(b"BYE\n")
    assert peer.file.read() == b""


HABITS = {f.__name__: f for f in (keep_alive, upload, download, pipelining, greeted, half_close,
                                  abort, pauses, tiny_writes, one_request, server_closes)}
failures = []


def be_client(server, ports, number, connections, seed, habits):
    for index in range(connections):
        # Each connection's bytes depend on its name alone, not on the order of threads.
        habit = habits[(number + index) % len(habits)]
        name = f"{seed}-{number}-{index}-{habit}"
        rng = random.Random(hashlib.sha256(name.encode()).digest())
        try:
            greeting = habit == "greeted"
            peer = Peer((server, ports[greeting]), name, greeting)
            HABITS[habit](peer, rng)
            peer.close()
        except (OSError, AssertionError) as error:
            failures.append(f"{name}: {error!r}")
            return


def main():
    server, port, greeting_port, clients, connections, seed = sys.argv[1:7]
    habits = sys.argv[7].split(",") if len(sys.argv) > 7 else list(HABITS)
    threads = [threading.Thread(target=be_client, args=(
        server, (int(port), int(greeting_port)), n, int(connections), seed, habits))
        for n in range(int(clients))]
    for thread in threads:
        thread.start()
        time.sleep(0.002)
    for thread in threads:
        thread.join()
    for failure in failures:
        print("failed", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
