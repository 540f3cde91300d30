"""Sends the frames of an Ethernet pcap file to another host, at their times: a mirror.

    send_frames.py DEVICE FILE TO_MAC
"""

import socket
import sys
import time

import wrap_pcap


def main():
    device, file, to_mac = sys.argv[1:]
    address = bytes.fromhex(to_mac.replace(":", ""))
    mirror = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    mirror.bind((device, 0))
    start = None
    for at, frame, _ in wrap_pcap.frames_of(file):
        start = start or time.monotonic() - at
        time.sleep(max(0, start + at - time.monotonic()))
        mirror.send(address + frame[len(address):])


if __name__ == "__main__":
    main()
