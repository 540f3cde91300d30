"""Wraps the packets of a capture into encapsulations, each in a file of its own.

`WRAPS` maps names to functions that write a file from what packets_of() has read: all link types
that can be read, and everything that stands between them and IP in the world.
"""

import struct

NULL, ETHERNET, PPP, PPP_SERIAL, PPP_ETHER, RAW, CISCO_HDLC = 0, 1, 9, 50, 51, 101, 104
LOOP, ENC, SLL, PPPD, PPP_WITH_DIR, HDLC_WITH_DIR = 108, 109, 113, 166, 204, 205
MPLS, IPV4, IPV6, NFLOG, SLL2 = 219, 228, 229, 239, 276

IP, TAG = 0x0800, 0x8100
MACS = bytes((2, 0, 0, 0, 0, 20, 2, 0, 0, 0, 0, 10))
NANOSECONDS = 0xa1b23c4d


def frames_of(path):
    """(time in seconds, frame, its length on the wire) of a pcap file, in this host's order."""
    data = open(path, "rb").read()
    units = 1e9 if struct.unpack_from("<I", data)[0] == NANOSECONDS else 1e6
    at, found = 24, []
    while at < len(data):
        seconds, fraction, captured, length = struct.unpack_from("<IIII", data, at)
        found.append((seconds + fraction / units, data[at + 16:at + 16 + captured], length))
        at += 16 + captured
    return found


def packets_of(path):
    """The same of the IPv4 packets inside of Ethernet, without padding; labels are taken off."""
    found = []
    for time, frame, _ in frames_of(path):
        packet = frame[18 if frame[12:14] == b"\x88\x47" else 14:]
        packet = packet[:struct.unpack_from("!H", packet, 2)[0]]
        found.append((time, packet, len(packet)))
    return found


def write(path, link_type, packets):
    """@param packets (time in seconds, bytes, length on the wire)"""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", NANOSECONDS, 2, 4, 0, 0, 262144, link_type))
        for time, data, length in packets:
            file.write(struct.pack("<IIII", int(time), int(time % 1 * 1e9), len(data), length))
            file.write(data)


class Pcapng:
    """The bytes of a pcapng file in one section."""

    def __init__(self, order):
        self.order, self.bytes, self.resolutions = order, b"", []
        self.block(0x0a0d0d0a, self.pack("IHHq", 0x1a2b3c4d, 1, 0, -1))

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def block(self, kind, body):
        length = 12 + len(body)
        self.bytes += self.pack("II", kind, length) + body + self.pack("I", length)

    def interface(self, link_type, resolution):
        self.resolutions.append(resolution)
        self.block(1, self.pack("HHI", link_type, 0, 0) +
                   self.pack("HHB3xHH", 9, 1, resolution, 0, 0))

    def units(self, interface, time):
        resolution = self.resolutions[interface]
        units = 2 ** (resolution & 0x7f) if resolution & 0x80 else 10 ** resolution
        return divmod(int(time * units), 1 << 32)

    def packet(self, interface, time, data, old=False):
        head = (self.pack("HH", interface, 0) if old else self.pack("I", interface))
        padding = bytes(-len(data) % 4)
        self.block(2 if old else 6, head + self.pack("IIII", *self.units(interface, time),
                                                     len(data), len(data)) + data + padding)

    def simple(self, data):
        self.block(3, self.pack("I", len(data)) + data + bytes(-len(data) % 4))


def ethernet(kind, payload):
    return MACS + struct.pack("!H", kind) + payload


def tags(*kinds):
    """Tags of these types in front of a packet."""
    stack = [*kinds, IP]
    return lambda packet: ethernet(stack[0], b"".join(
        struct.pack("!HH", 0x2064, kind) for kind in stack[1:]) + packet)


def labels(count, payload):
    return b"".join(struct.pack("!I", i << 12 | (i == count) << 8 | 64)
                    for i in range(1, count + 1)) + payload


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(protocol, payload, identification=1):
    header = bytearray(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, 0,
                                   64, protocol, 0, bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))))
    header[10:12] = struct.pack("!H", checksum(bytes(header)))
    return bytes(header) + payload


def ipv6(protocol, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + bytes(32) + payload


def udp(port, payload):
    return struct.pack("!HHHH", 50000, port, 8 + len(payload), 0) + payload


def gre(kind, payload, flags=0):
    fields = b"".join(bytes(4) for bit in (0x8000, 0x2000, 0x1000) if flags & bit)
    return struct.pack("!HH", flags, kind) + fields + payload


def vxlan(frame):
    return udp(4789, bytes((8, 0, 0, 0, 0, 0, 9, 0)) + frame)


def geneve(kind, payload, words=0):
    return udp(6081, struct.pack("!BBHI", words, 0, kind, 9 << 8) + bytes(4 * words) + payload)


def gtp(packet, flags=0x30, more=b""):
    return udp(2152, struct.pack("!BBHI", flags, 255, len(more + packet), 1) + more + packet)


def framed(packet):
    return ethernet(IP, packet)


def each(link_type, wrap):
    """Writes each packet as `wrap` has it."""
    def write_all(path, packets):
        write(path, link_type, [(time, wrapped, len(wrapped)) for time, packet, _ in packets
                                for wrapped in (wrap(packet),)])
    return write_all


def tunnel(wrap):
    return each(ETHERNET, lambda packet: framed(wrap(packet)))


def fragments(packet, step, identification):
    """A packet in pieces of so many bytes; as it is where it fits into one."""
    header = (packet[0] & 15) * 4
    payload = packet[header:]
    if len(payload) <= step:
        return [packet]
    pieces = []
    for at in range(0, len(payload), step):
        part = payload[at:at + step]
        more = 0x2000 if at + step < len(payload) else 0
        head = bytearray(packet[:header])
        head[2:8] = struct.pack("!HHH", header + len(part), identification, more | at // 8)
        head[10:12] = bytes(2)
        head[10:12] = struct.pack("!H", checksum(bytes(head)))
        pieces.append(bytes(head) + part)
    return pieces


def fragmented(step, order, wrap=lambda packet: packet):
    """@param order makes of the pieces of a packet those that are written."""
    def write_all(path, packets):
        written = []
        for i, (time, packet, _) in enumerate(packets):
            pieces = fragments(wrap(packet), step, i & 0xffff)
            written += [(time, framed(piece), len(framed(piece))) for piece in order(pieces)]
        write(path, ETHERNET, written)
    return write_all


def without_length(packet):
    """As in front of a device that does segmentation, where the frame is long enough for that."""
    return packet if len(packet) <= 60 else packet[:2] + bytes(2) + packet[4:]


def pcapng(order):
    """Interfaces of several link types and resolutions, and all kinds of blocks."""
    def write_all(path, packets):
        file = Pcapng(order)
        file.block(0xbad, bytes(40))
        for link_type, resolution in ((RAW, 6), (ETHERNET, 9), (LOOP, 0x80 | 30), (SLL, 3)):
            file.interface(link_type, resolution)
        heads = (b"", ethernet(IP, b""), struct.pack("!I", 2), bytes(14) + b"\x08\x00")
        for i, (time, packet, _) in enumerate(packets):
            if i % 5 == 4:
                file.simple(packet)
            else:
                file.packet(i % 5, time, heads[i % 5] + packet, old=i % 2 == 0)
        with open(path, "wb") as out:
            out.write(file.bytes)
    return write_all


WRAPS = {
    **{f"tag-{kind:x}": each(ETHERNET, tags(kind))
       for kind in (0x8100, 0x88a8, 0x9100, 0x9200, 0x9300)},
    "three-tags": each(ETHERNET, tags(0x88a8, 0x8100, 0x8100)),
    "fifteen-tags": each(ETHERNET, tags(*[TAG] * 15)),
    "mpls": each(ETHERNET, lambda p: ethernet(0x8847, labels(1, p))),
    "mpls-3": each(ETHERNET, lambda p: ethernet(0x8847, labels(3, p))),
    "mpls-tagged": each(ETHERNET, lambda p: ethernet(TAG, b"\0\1\x88\x47" + labels(2, p))),
    "pseudowire": each(ETHERNET, lambda p: ethernet(0x8847, labels(2, bytes(4) + framed(p)))),
    "pppoe": each(ETHERNET, lambda p: ethernet(0x8864, struct.pack(
        "!BBHHH", 0x11, 0, 5, len(p) + 2, 0x21) + p)),
    "snap": each(ETHERNET, lambda p: ethernet(len(p) % 1500, b"\xaa\xaa\3\0\0\0\x08\0" + p)),
    "padded": each(ETHERNET, lambda p: framed(p) + bytes(9)),
    "gre": tunnel(lambda p: ipv4(47, gre(IP, p))),
    "gre-fields": tunnel(lambda p: ipv4(47, gre(0x6558, framed(p), 0xb000))),
    "erspan-1": tunnel(lambda p: ipv4(47, gre(0x88be, framed(p)))),
    "erspan-2": tunnel(lambda p: ipv4(47, gre(0x88be, bytes(8) + framed(p), 0x1000))),
    "erspan-3": tunnel(lambda p: ipv4(47, gre(0x22eb, bytes(11) + b"\1" + bytes(8) + framed(p),
                                              0x1000))),
    "vxlan": tunnel(lambda p: ipv4(17, vxlan(tags(TAG)(p)))),
    "vxlan-gpe": tunnel(lambda p: ipv4(17, udp(4790, bytes((12, 0, 0, 1, 0, 0, 9, 0)) + p))),
    "geneve": tunnel(lambda p: ipv4(17, geneve(0x6558, framed(p), 3))),
    "geneve-ip": tunnel(lambda p: ipv4(17, geneve(IP, p))),
    "gtp": tunnel(lambda p: ipv4(17, gtp(p))),
    "gtp-extended": tunnel(lambda p: ipv4(17, gtp(p, 0x34, bytes((0, 0, 0, 0x85, 1, 0, 9, 0))))),
    "ipip": tunnel(lambda p: ipv4(4, p)),
    "mpls-in-udp": tunnel(lambda p: ipv4(17, udp(6635, labels(1, p)))),
    "over-ipv6": each(ETHERNET, lambda p: ethernet(0x86dd, ipv6(17, vxlan(framed(p))))),
    "nested": tunnel(lambda p: ipv4(17, vxlan(framed(ipv4(47, gre(IP, ipv4(4, ipv4(17, geneve(
        0x6558, tags(TAG, TAG)(p)))))))))),
    "null": each(NULL, lambda p: struct.pack("<I", 2) + p),
    "loop": each(LOOP, lambda p: struct.pack("!I", 2) + p),
    "raw": each(RAW, lambda p: p),
    "ipv4": each(IPV4, lambda p: p),
    "ppp": each(PPP, lambda p: b"\xff\3\0\x21" + p),
    "ppp-serial": each(PPP_SERIAL, lambda p: b"\xff\3\x21" + p),
    "ppp-ether": each(PPP_ETHER, lambda p: struct.pack("!BBHHH", 0x11, 0, 5, len(p) + 2, 0x21) + p),
    "pppd": each(PPPD, lambda p: b"\0\3\0\x21" + p),
    "ppp-with-direction": each(PPP_WITH_DIR, lambda p: b"\1\xff\3\0\x21" + p),
    "cisco-hdlc": each(CISCO_HDLC, lambda p: b"\x0f\0\x08\0" + p),
    "cisco-hdlc-with-direction": each(HDLC_WITH_DIR, lambda p: b"\0\x0f\0\x08\0" + p),
    "mpls-link": each(MPLS, lambda p: labels(2, p)),
    "enc": each(ENC, lambda p: bytes(12) + p),
    "nflog": each(NFLOG, lambda p: b"\2\0\0\0\x05\0\x0a\0x\0\0\0" + struct.pack(
        "<HH", 4 + len(p), 9) + p),
    "sll": each(SLL, lambda p: bytes(14) + b"\x08\0" + p),
    "sll2": each(SLL2, lambda p: b"\x08\0" + bytes(18) + p),
    "total-length-0": each(ETHERNET, lambda p: framed(without_length(p))),
    "fragments": fragmented(256, lambda pieces: pieces),
    "fragments-reversed": fragmented(256, lambda pieces: pieces[::-1]),
    "fragments-repeated": fragmented(400, lambda pieces: pieces[1::2] + pieces[:1] * 2 +
                                     pieces[2::2] if len(pieces) > 1 else pieces),
    "tunnel-in-fragments": fragmented(512, lambda pieces: pieces[::-1],
                                      lambda p: ipv4(17, vxlan(framed(p)))),
    "pcapng-little": pcapng("<"),
    "pcapng-big": pcapng(">"),
}
