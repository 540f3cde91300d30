"""Writes the IPv4 packets on a device to a pcap file: tcpdump -w for where tcpdump cannot be.

    write_pcap.py DEVICE FILE [SNAP_LENGTH [FILTER…]]

It ends at SIGTERM, with the file complete: all that had come by then is in it.
"""

import select
import signal
import socket
import struct
import sys
import time

from capture import ALL_PROTOCOLS, attach_filter

MAGIC_NANOSECONDS = 0xa1b23c4d
ETHERNET = 1
ALL = 262144


def packets_until_the_end(packets):
    """Each packet until SIGTERM, and then those that had come."""
    ended, end = socket.socketpair()
    end.setblocking(False)
    signal.set_wakeup_fd(end.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    packets.setblocking(False)
    print(f"listening on {packets.getsockname()[0]}", flush=True)
    while True:
        last = ended in select.select([packets, ended], [], [])[0]
        try:
            while True:
                yield packets.recv(ALL)
        except BlockingIOError:
            if last:
                return


def main():
    device, path = sys.argv[1:3]
    snap_length = int(sys.argv[3]) if len(sys.argv) > 3 else ALL
    expression = " ".join(sys.argv[4:])
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
    attach_filter(packets, f"ip and ({expression})" if expression else "ip")
    packets.bind((device, ALL_PROTOCOLS))
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", MAGIC_NANOSECONDS, 2, 4, 0, 0, snap_length, ETHERNET))
        for packet in packets_until_the_end(packets):
            now = time.time_ns()
            kept = packet[:snap_length]
            file.write(struct.pack("<IIII", now // 10**9, now % 10**9, len(kept), len(packet)))
            file.write(kept)


if __name__ == "__main__":
    main()
