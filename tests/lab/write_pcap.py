"""Writes the IPv4 packets on a device to a pcap file: tcpdump -w for where tcpdump cannot be.

    write_pcap.py DEVICE FILE [SNAP_LENGTH [FILTER…]]

It ends at SIGTERM, with the file complete.
"""

import signal
import socket
import struct
import sys
import time

from capture import ALL_PROTOCOLS, attach_filter

MAGIC_NANOSECONDS = 0xa1b23c4d
ETHERNET = 1
ALL = 262144


class End(Exception):
    pass


def end(*_):
    raise End


def main():
    device, path = sys.argv[1:3]
    snap_length = int(sys.argv[3]) if len(sys.argv) > 3 else ALL
    expression = " ".join(sys.argv[4:])
    signal.signal(signal.SIGTERM, end)
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
    attach_filter(packets, f"ip and ({expression})" if expression else "ip")
    packets.bind((device, ALL_PROTOCOLS))
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", MAGIC_NANOSECONDS, 2, 4, 0, 0, snap_length, ETHERNET))
        print(f"listening on {device}", flush=True)
        try:
            while True:
                packet = packets.recv(ALL)
                now = time.time_ns()
                kept = packet[:snap_length]
                header = struct.pack("<IIII", now // 10**9, now % 10**9, len(kept), len(packet))
                file.write(header + kept)  # at once: the end comes between two statements
        except End:
            pass


if __name__ == "__main__":
    main()
