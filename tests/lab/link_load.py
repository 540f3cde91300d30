"""Load and malice on intercept's port, and on what it captures.

    link_load.py routes ADDRESS PORT LINKS COUNT      registers so many routes, and stays
    link_load.py deaf ADDRESS PORT NET TARGET TPORT   registers routes and never reads, and stays
    link_load.py garbage ADDRESS PORT COUNT SEED [tls]  so many connections that speak no protocol,
                                                      or begin a handshake and do not finish it
    link_load.py respond NET TARGET TPORT COUNT       sends so many responses of a target to NET

NET is the first three numbers of addresses, as 62.135.201.
"""

import random
import socket
import ssl
import struct
import sys
import time

VERSION, ADD_ROUTE = 6, 1
HELLO = struct.pack("!4sHH4sH", bytes(4), 0, VERSION, bytes(4), 0)
DEAF_ROUTES = 200
SILENT_AT_ONCE = 200


def add_route(client, port, target, target_port):
    return struct.pack("!4sHH4sH", client, port, ADD_ROUTE, target, target_port)


def connect(address, port, receive_buffer=None):
    link = socket.socket()
    if receive_buffer:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    link.connect((address, int(port)))
    return link


def routes(address, port, links, count):
    target = socket.inet_aton("10.0.0.30")
    streams = [[HELLO] for _ in range(int(links))]
    for route in range(int(count)):
        client = struct.pack("!I", 0x0B000000 + route // 50000)
        streams[route % len(streams)].append(
            add_route(client, 1024 + route % 50000, target, 8080))
    opened = []
    for stream in streams:  # a link must speak soon
        opened.append(connect(address, port))
        opened[-1].sendall(b"".join(stream))
    print("registered", flush=True)
    time.sleep(3600)


def clients_of(net):
    return [(socket.inet_aton(f"{net}.{1 + n % 200}"), 2000 + n) for n in range(DEAF_ROUTES)]


def deaf(address, port, net, target, target_port):
    link = connect(address, port, receive_buffer=4096)
    link.sendall(HELLO + b"".join(
        add_route(client, client_port, socket.inet_aton(target), int(target_port))
        for client, client_port in clients_of(net)))
    print("registered", flush=True)
    time.sleep(3600)


def client_hello():
    """The first message of a handshake, by somebody without a key."""
    out = ssl.MemoryBIO()
    stranger = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="x")
    try:
        stranger.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def garbage(address, port, count, seed, tls=None):
    rng = random.Random(int(seed))
    hello = client_hello()
    if tls:
        said = [lambda: b"\x16" + rng.randbytes(rng.randint(1, 200)), lambda: hello,
                lambda: hello[:rng.randint(1, len(hello) - 1)]]
    else:
        said = [lambda: rng.randbytes(rng.randint(1, 200)),
                lambda: b"GET / HTTP/1.1\r\nHost: assistant\r\n\r\n",
                lambda: HELLO + add_route(rng.randbytes(4), 1, rng.randbytes(4), 2)[:9]]
    silent = []
    for _ in range(int(count)):
        link = connect(address, port)
        kind = rng.randrange(4)
        try:
            if kind < len(said):
                link.sendall(said[kind]())
        except ConnectionError:
            pass  # it was refused at once
        silent.append(link)  # neither read nor closed for a while
        if len(silent) > SILENT_AT_ONCE:
            silent.pop(0).close()
    print("done", flush=True)


def respond(net, target, target_port, count):
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    payload = bytes(range(100))
    packets = []
    for client, port in clients_of(net):
        tcp = struct.pack("!HHIIBBHHH", int(target_port), port, 1, 1, 5 << 4, 0x10, 500, 0, 0)
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 1, 0x4000, 64, 6, 0,
                             socket.inet_aton(target), client)
        packets.append((header + tcp + payload, (socket.inet_ntoa(client), 0)))
    for number in range(int(count)):
        sender.sendto(*packets[number % len(packets)])
    print("done", flush=True)


if __name__ == "__main__":
    {f.__name__: f for f in (routes, deaf, garbage, respond)}[sys.argv[1]](*sys.argv[2:])
