#!/usr/bin/env python3
"""Replay delay: the time from a client packet's arrival on the online host to its copy's departure.

    replay_delay.py DEVICE ONLINE_PORT TARGET TARGET_PORT SECONDS

To be run on the online host while tcpcopy replays; needs the right to open packet sockets. Both
moments are the kernel's own time stamps on one device, so no two clocks are compared. Only packets
with payload count, and only the first time that a byte leaves: what is sent again is not measured.
A copy is known by the client's port and sequence number, which tcpcopy keeps; packets of sessions
that had to take another port, or begin another connection, are reported as not found.

Prints one line:  replay delay: packets:N p50_us:N p99_us:N p999_us:N max_us:N not_found:N dropped:N
"""

import collections
import pathlib
import signal
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from capture import ALL_PROTOCOLS, ETHERNET_HEADER, attach_filter  # noqa: E402

SO_TIMESTAMPNS = 35
SO_RCVBUFFORCE = 33
SOL_PACKET, PACKET_STATISTICS = 263, 6
BUFFER_BYTES = 64 << 20
MOST_REPEATED = 1 << 20  # bytes; a jump further back is another connection on the same port
SNAP_BYTES = ETHERNET_HEADER + 60 + 20
WITH_PAYLOAD = "(ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2)) != 0"


def record(device, online_port, target, target_port, seconds):
    """Every packet with payload on its way in or out: (time in ns, leaves, its first bytes)."""
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    attach_filter(packets, f"ip and tcp and {WITH_PAYLOAD} and (dst port {online_port} or "
                           f"(dst host {target} and dst port {target_port}))")
    packets.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    packets.bind((device, ALL_PROTOCOLS))
    packets.settimeout(0.2)
    print(f"measuring on {device}", file=sys.stderr, flush=True)
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            data, control, _, source = packets.recvmsg(SNAP_BYTES, 64)
        except socket.timeout:
            continue
        at, nanoseconds = struct.unpack("qq", control[0][2])
        seen.append((at * 10**9 + nanoseconds, source[2] == socket.PACKET_OUTGOING, data))
    _, dropped = struct.unpack("II", packets.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    return seen, dropped


def describe(data):
    """Client port, sequence number and payload length."""
    ip = data[ETHERNET_HEADER:]
    header = (ip[0] & 15) * 4
    port, _, seq, _, offset = struct.unpack("!HHIIB", ip[header:header + 13])
    return port, seq, struct.unpack("!H", ip[2:4])[0] - header - (offset >> 4) * 4


def behind(seq, other):
    """How far `seq` stands behind `other` in the stream, modulo 2^32."""
    return (seq - other + 2**31) % 2**32 - 2**31


def delays(seen):
    """Nanoseconds for each packet that left; how many of those that had time to leave did not."""
    waiting = collections.defaultdict(list)  # by port: (seq, time) of arrivals
    arrived_to = {}                          # by port: behind the last byte that arrived
    found = []
    for at, leaves, data in seen:
        port, seq, length = describe(data)
        if leaves:
            covered = [w for w in waiting[port] if 0 <= behind(w[0], seq) < length]
            found += [at - arrived for _, arrived in covered]
            if covered:
                waiting[port] = [w for w in waiting[port] if w not in covered]
        elif not -MOST_REPEATED < behind(seq, arrived_to.get(port, seq)) < 0:
            waiting[port].append((seq, at))
            arrived_to[port] = seq + length
    last = seen[-1][0] if seen else 0
    missing = sum(arrived < last - 10**9 for queue in waiting.values() for _, arrived in queue)
    return found, missing


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1000


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    device, online_port, target, target_port, seconds = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    seen, dropped = record(device, int(online_port), target, int(target_port), float(seconds))
    found, missing = delays(seen)
    if not found:
        sys.exit(f"replay delay: none of {len(seen)} packets was found to leave")
    ordered = sorted(found)
    print(f"replay delay: packets:{len(ordered)} p50_us:{percentile(ordered, .5):.0f} "
          f"p99_us:{percentile(ordered, .99):.0f} p999_us:{percentile(ordered, .999):.0f} "
          f"max_us:{ordered[-1] / 1000:.0f} not_found:{missing} dropped:{dropped}")


if __name__ == "__main__":
    main()
