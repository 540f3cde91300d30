"""Capture files of clients that never were, as many as one likes, all of whom ask for the same page."""

import socket
import struct

from lab import ADDRESS

NET = "192.168.0.0/16"
GET, RESPONSE_BYTES = b"GET / HTTP/1.1\r\nHost: many\r\n\r\n", 166  # of the lab's nginx
SYN, ACK, PUSH_ACK, FIN_ACK = 0x02, 0x10, 0x18, 0x11
FIRST_SEQ, FIRST_PORT, PORTS = 1000, 2000, 60_000
LINKTYPE_RAW = 101
ONLINE = socket.inet_aton(ADDRESS["online"])


def _packet(client, seq, ack, flags, payload):
    address, port = divmod(client, PORTS)
    ip = struct.pack(">BBHHHBBHI4s", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0,
                     0xc0a80001 + address, ONLINE)
    return ip + struct.pack(">HHIIBBHHH", FIRST_PORT + port, 80, seq, ack, 5 << 4, flags, 64240, 0,
                            0) + payload


def syn(client):
    return _packet(client, FIRST_SEQ, 0, SYN, b"")


def ack(client):
    return _packet(client, FIRST_SEQ + 1, 1, ACK, b"")


def request(client, number):
    """Its request of that number, from 0 on; it has seen the responses to those before."""
    return _packet(client, FIRST_SEQ + 1 + number * len(GET), 1 + number * RESPONSE_BYTES, PUSH_ACK,
                   GET)


def fin(client, requests):
    return _packet(client, FIRST_SEQ + 1 + requests * len(GET), 1 + requests * RESPONSE_BYTES,
                   FIN_ACK, b"")


def write(path, packets):
    """@param packets pairs of a time in seconds and a packet, in order."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, LINKTYPE_RAW))
        for at, packet in packets:
            out.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(packet), len(packet)))
            out.write(packet)
