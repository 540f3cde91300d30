"""Servers and clients that use TCP as few do; a server writes down what its application has read.

    odd_peers.py serve KIND REPORT PORT
    odd_peers.py call KIND ADDRESS PORT CONNECTIONS

    urgent      an urgent byte among others, whose answer the client awaits before it goes on
    half-close  the server answers and closes its half; the client then says more
    fin-reset   the client closes its half, and aborts while the server answers
    abort       the client aborts in the middle of an upload
    expect      the client waits for `100 Continue` before it sends the body (for nginx)

REPORT gets a line of JSON for each connection when it has ended. `OddServer` reads it.
"""

import array
import fcntl
import json
import select
import socket
import struct
import sys
import threading
import time
import zlib

from lab import HERE, wait_until

UPLOADED = 300_000
TICKS = 60  # of an answer that takes 3 s
UPLOADS = 10
SIOCATMARK = 0x8905


def at_mark(connection):
    answer = array.array("i", [0])
    fcntl.ioctl(connection, SIOCATMARK, answer)
    return answer[0] != 0


def read_all(connection, report):
    """Reads to the client's end."""
    while piece := connection.recv(65536):
        report["bytes"] += len(piece)
        report["checksum"] = zlib.crc32(piece, report["checksum"])


def serve_urgent(connection, report):
    """Answers a line, and an urgent byte once the stream before it has been read."""
    report.update(urgent="", mark=None)
    poll = select.poll()
    poll.register(connection, select.POLLIN | select.POLLPRI)
    while True:
        if poll.poll()[0][1] & select.POLLPRI and at_mark(connection):
            report["mark"] = report["bytes"]
            report["urgent"] += connection.recv(1, socket.MSG_OOB).decode()
            connection.send(b"!")
            continue
        piece = connection.recv(65536)  # which ends at the mark
        if not piece:
            return
        report["bytes"] += len(piece)
        report["checksum"] = zlib.crc32(piece, report["checksum"])
        if piece.endswith(b"\n"):
            connection.send(b".")


def call_urgent(connection):
    """One urgent byte: a kernel keeps one mark, and what a second one does is a matter of time."""
    number = connection.getsockname()[1] % 4096
    connection.sendall(b"a" * 2999 + b"\n")
    assert connection.recv(1) == b"."
    connection.send(b"b" * number + b"u", socket.MSG_OOB)  # the last is the urgent one
    assert connection.recv(1) == b"!"
    connection.sendall(b"c" * 1499 + b"\n")
    assert connection.recv(1) == b"."


def serve_half_close(connection, report):
    while connection.recv(1) != b"\n":
        report["bytes"] += 1
    connection.sendall(b"answer\n")
    connection.shutdown(socket.SHUT_WR)
    read_all(connection, report)


def call_half_close(connection):
    connection.sendall(b"ask\n")
    while connection.recv(100):
        pass
    for number in range(3):
        connection.sendall(b"more %d\n" % number * 500)
        time.sleep(0.1)


def serve_fin_reset(connection, report):
    read_all(connection, report)
    report["at_end"] = True
    for _ in range(TICKS):
        connection.sendall(b"t" * 100)
        time.sleep(0.05)


def call_fin_reset(connection):
    connection.sendall(b"ask\n" * 100)
    connection.shutdown(socket.SHUT_WR)
    for _ in range(5):
        connection.recv(100, socket.MSG_WAITALL)
    abort(connection)


def serve_abort(connection, report):
    read_all(connection, report)


def call_abort(connection):
    connection.sendall(b"u" * UPLOADED)
    time.sleep(0.5)  # until it has been read
    abort(connection)


def call_expect(connection):
    answers = connection.makefile("rb")
    for _ in range(UPLOADS):
        connection.sendall(b"POST /upload HTTP/1.1\r\nHost: lab\r\nExpect: 100-continue\r\n"
                           b"Content-Length: %d\r\n\r\n" % UPLOADED)
        assert b" 100 " in answers.readline()
        assert answers.readline() == b"\r\n"
        connection.sendall(b"u" * UPLOADED)
        assert b" 200 " in answers.readline()
        length = 0
        while (line := answers.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answers.read(length)


def abort(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def serve(kind, path, port):
    out = open(path, "w", encoding="utf-8", buffering=1)

    def converse(connection):
        report = {"bytes": 0, "checksum": 0, "end": "closed"}
        try:
            SERVERS[kind](connection, report)
        except ConnectionError:
            report["end"] = "reset"
        connection.close()
        out.write(json.dumps(report) + "\n")

    listener = socket.create_server(("0.0.0.0", port), backlog=128)
    print("listening", flush=True)
    while True:
        threading.Thread(target=converse, args=(listener.accept()[0],), daemon=True).start()


def call(kind, address, port, connections):
    failed = []

    def converse():
        try:
            with socket.create_connection((address, port)) as connection:
                CLIENTS[kind](connection)
        except (OSError, AssertionError) as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=converse) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.exit(1 if failed else 0)


SERVERS = {"urgent": serve_urgent, "half-close": serve_half_close, "fin-reset": serve_fin_reset,
           "abort": serve_abort}
CLIENTS = {"urgent": call_urgent, "half-close": call_half_close, "fin-reset": call_fin_reset,
           "abort": call_abort, "expect": call_expect}


class OddServer:
    """Such a server on a host, and what it has written down."""

    def __init__(self, lab, kind, host, port):
        self.path = lab.work / f"{host}-{port}-odd.txt"
        self.process = lab.start(host, sys.executable, HERE / "odd_peers.py", "serve", kind,
                                 self.path, port, name="odd").wait_for("listening")

    def reports(self):
        """Of each connection that has ended."""
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def wait_for(self, connections, seconds=20):
        wait_until(lambda: len(self.reports()) >= connections, seconds,
                   lambda: f"{connections} ends of connections: {self.reports()}")
        return self.reports()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    call(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
