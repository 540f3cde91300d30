"""Prints the IPv4 packets on a device: tcpdump for where tcpdump cannot be.

    capture.py DEVICE [FILTER…]

In a user namespace tcpdump refuses to run: it finds itself to be root and may not become another
user. So it only compiles the filter here.
"""

import ctypes
import signal
import socket
import struct
import subprocess
import sys
import time

ETHERNET_HEADER = 14
ALL_PROTOCOLS = 0x0003
SO_ATTACH_FILTER = 26
FLAGS = "FSRPAU"


def attach_filter(packets, expression):
    code = subprocess.run(["tcpdump", "-ddd", "-y", "EN10MB", expression], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.split()
    count, fields = int(code[0]), iter(map(int, code[1:]))
    program = ctypes.create_string_buffer(
        b"".join(struct.pack("HBBI", *four) for four in zip(*[fields] * 4)))
    packets.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                       struct.pack("HP", count, ctypes.addressof(program)))


def describe(packet):
    length = struct.unpack("!H", packet[2:4])[0]
    source, destination = (socket.inet_ntoa(packet[at:at + 4]) for at in (12, 16))
    if packet[9] != socket.IPPROTO_TCP:
        return f"{source} > {destination}: protocol {packet[9]}, length {length}"
    header = (packet[0] & 15) * 4
    source_port, destination_port, seq, ack, offset, flags = struct.unpack(
        "!HHIIBB", packet[header:header + 14])
    letters = "".join(letter for bit, letter in enumerate(FLAGS) if flags >> bit & 1)
    return (f"{source}.{source_port} > {destination}.{destination_port}: Flags [{letters}], "
            f"seq {seq}, ack {ack}, length {length - header - (offset >> 4) * 4}")


def main():
    device, expression = sys.argv[1], " ".join(sys.argv[2:])
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    attach_filter(packets, f"ip and ({expression})" if expression else "ip")
    packets.bind((device, ALL_PROTOCOLS))
    print(f"listening on {device}", flush=True)
    while True:
        packet = packets.recv(65536)[ETHERNET_HEADER:]
        print(time.strftime("%H:%M:%S"), describe(packet), flush=True)


if __name__ == "__main__":
    main()
