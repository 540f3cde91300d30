"""A switch that mirrors a port into a VLAN: sends tagged copies of what comes to a TCP port.

    tag_mirror.py DEVICE PORT TO_MAC TAG [TAG]      with two tags: QinQ
"""

import socket
import struct
import sys

from capture import ALL_PROTOCOLS, attach_filter

MAC_BYTES = 6
TPID, OUTER_TPID = 0x8100, 0x88a8


def main():
    device, port, to_mac, *tags = sys.argv[1:]
    mirror = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    attach_filter(mirror, f"tcp dst port {port}")
    mirror.bind((device, ALL_PROTOCOLS))
    address = bytes.fromhex(to_mac.replace(":", ""))
    stack = b"".join(struct.pack("!HH", TPID if tag == tags[-1] else OUTER_TPID, int(tag))
                     for tag in tags)
    print("mirroring", flush=True)
    while True:
        frame, source = mirror.recvfrom(65536)
        if source[2] != socket.PACKET_OUTGOING:
            mirror.send(address + frame[MAC_BYTES:2 * MAC_BYTES] + stack + frame[2 * MAC_BYTES:])


main()
