"""A 1.x intercept, as the control channel's description has it, for our tcpcopy to meet.

    old_intercept.py PORT RESPONSE_PORTS [single] [payload] [one-by-one]

Captures the packets that come from RESPONSE_PORTS (with commas), keeps SYN and RST without a route
for 30 s and drops other packets without one, and sends combined frames when 16 responses (6 with
payload) have come or the millisecond has changed. It knows nothing of what our intercept does
better.
"""

import select
import socket
import struct
import sys
import time

RECORD, PAYLOAD = 64, 128
HELD_SECONDS = 30
SYN, RST = 0x02, 0x04
MESSAGE = 14
ALL_PROTOCOLS = 0x0003


class OldIntercept:
    def __init__(self, port, response_ports, modes):
        self.single = "single" in modes
        self.payload = "payload" in modes
        self.combined = "one-by-one" not in modes
        self.most = (6 if self.payload else 16) if self.combined else 1
        self.response_ports = response_ports
        self.listener = socket.create_server(("0.0.0.0", port))
        self.packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS))
        self.packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.packets.setblocking(False)
        self.links = []    # in the order of their coming
        self.unread = {}   # of each link
        self.frames = {}   # of each link: records that wait
        self.routes = {}   # (client, port, target, port) → link
        self.held = {}     # the same → [(time, record)]

    def run(self):
        while True:
            ready, _, _ = select.select([self.listener, self.packets, *self.links], [], [], 0.002)
            for source in ready:
                if source is self.listener:
                    self.accept()
                elif source is self.packets:
                    self.capture()
                else:
                    self.read(source)
            for link in list(self.links):
                self.flush(link)

    def accept(self):
        link, _ = self.listener.accept()
        self.links.append(link)
        self.unread[link], self.frames[link] = b"", []

    def read(self, link):
        try:
            data = link.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self.links.remove(link)
            self.routes = {key: to for key, to in self.routes.items() if to is not link}
            link.close()
            return
        unread = self.unread[link] + data
        while len(unread) >= MESSAGE:
            self.take(link, unread[:MESSAGE])
            unread = unread[MESSAGE:]
        self.unread[link] = unread

    def take(self, link, message):
        client, port, kind, target, target_port = struct.unpack("!4sHH4sH", message)
        if (client, port, target, target_port) == (bytes(4), 0, bytes(4), 0):
            assert kind == 6, f"version {kind}"
            return
        assert kind in (1, 2), f"type {kind}"  # 2 deletes a route: 1.x takes no notice
        if kind == 1:
            assert not self.single, "a route, in single mode"
            key = (client, port, target, target_port)
            self.routes[key] = link
            for since, record in self.held.pop(key, []):
                if time.monotonic() - since < HELD_SECONDS:
                    self.add(link, record)

    def capture(self):
        for _ in range(256):
            try:
                packet = self.packets.recv(65536)
            except BlockingIOError:
                return
            if packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_TCP:
                self.on_packet(packet)

    def on_packet(self, packet):
        ip_length = (packet[0] & 15) * 4
        source_port, port = struct.unpack("!HH", packet[ip_length:ip_length + 4])
        if source_port not in self.response_ports:
            return
        key = (packet[16:20], port, packet[12:16], source_port)
        record = self.record(packet, ip_length)
        if self.single:
            if self.links:
                self.add(self.links[hash(key) % len(self.links)], record)
        elif key in self.routes:
            self.add(self.routes[key], record)
        elif packet[ip_length + 13] & (SYN | RST):
            self.held.setdefault(key, []).append((time.monotonic(), record))

    def record(self, packet, ip_length):
        tcp_length = (packet[ip_length + 12] >> 4) * 4
        tcp = packet[ip_length:ip_length + tcp_length]
        payload = packet[ip_length + tcp_length:struct.unpack("!H", packet[2:4])[0]]
        record = packet[:20] + tcp[:RECORD - 20]
        if not self.payload:
            return record.ljust(RECORD, b"\0")
        if len(payload) <= PAYLOAD:
            record = record.ljust(20 + tcp_length, b"\0") + payload
        return record.ljust(RECORD + PAYLOAD, b"\0")

    def add(self, link, record):
        self.frames[link].append(record)
        if len(self.frames[link]) == self.most:
            self.flush(link)

    def flush(self, link):
        records = self.frames.get(link)
        if not records or link not in self.links:
            return
        count = struct.pack("!H", len(records)) if self.combined else b""
        self.frames[link] = []
        try:
            link.sendall(count + b"".join(records))
        except ConnectionError:
            pass  # read() will find it closed


def main():
    ports = {int(port) for port in sys.argv[2].split(",")}
    peer = OldIntercept(int(sys.argv[1]), ports, sys.argv[3:])
    print("listening", flush=True)
    peer.run()


if __name__ == "__main__":
    main()
