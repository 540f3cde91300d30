"""A VLAN device in user space, for kernels that have none: eth0 without a tag, the trunk with it.

    vlan_device.py TRUNK TAG

Makes the tap device eth0 with the trunk's address and passes frames between the two, tagging them on
their way out and taking the tag off on their way in.
"""

import fcntl
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys

from capture import ALL_PROTOCOLS

TUNSETIFF = 0x400454ca
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
TPID, MACS = 0x8100, 12
SOL_PACKET, PACKET_AUXDATA, PACKET_QDISC_BYPASS, TP_STATUS_VLAN_VALID = 263, 8, 20, 0x10
SO_RCVBUFFORCE, BUFFER_BYTES = 33, 16 << 20
FRAMES = 64  # from one side, before the other has its turn


def make_tap(name, address):
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    for command in (("address", address), ("txqueuelen", "10000"), ("up",)):
        subprocess.run(["ip", "link", "set", name, *command], check=True)
    return tap


def open_trunk(name):
    trunk = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    trunk.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)  # the kernel takes the tag out of the frame
    trunk.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
    trunk.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    trunk.bind((name, ALL_PROTOCOLS))
    return trunk


def tag_of(control):
    _, _, _, _, _, tci, _ = struct.unpack("IIIHHHH", control[0][2])
    valid = struct.unpack_from("I", control[0][2])[0] & TP_STATUS_VLAN_VALID
    return tci & 0xfff if valid else None


def inwards(trunk, tap, tag):
    for _ in range(FRAMES):
        try:
            frame, control, _, source = trunk.recvmsg(65536, 64)
        except BlockingIOError:
            return
        if source[2] != socket.PACKET_OUTGOING and tag_of(control) == tag:
            os.write(tap, frame)


def outwards(tap, trunk, header):
    for _ in range(FRAMES):
        try:
            frame = os.read(tap, 65536)
        except BlockingIOError:
            return
        try:
            trunk.send(frame[:MACS] + header + frame[MACS:])
        except OSError:
            pass  # a queue is full: lost, as on a wire


def main():
    name, tag = sys.argv[1], int(sys.argv[2])
    address = pathlib.Path(f"/sys/class/net/{name}/address").read_text().strip()
    trunk, tap = open_trunk(name), make_tap("eth0", address)
    header = struct.pack("!HH", TPID, tag)
    print("passing", flush=True)
    while True:
        readable, _, _ = select.select([trunk, tap], [], [])
        if trunk in readable:
            inwards(trunk, tap, tag)
        if tap in readable:
            outwards(tap, trunk, header)


main()
