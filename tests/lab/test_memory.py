"""-m bounds what the process takes, not what it knows of."""

import sys

import pytest

from lab import ADDRESS, POOL, statistic, wait_until

LIMIT_MB = 40
MORE_KB = LIMIT_MB * 1024 * 102 // 100  # 2 %
PORT = 80

RAISE_LIMIT = """
import resource
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
"""
SINK = RAISE_LIMIT + """
import asyncio
async def take(reader, writer):
    while await reader.read(1 << 20): pass
async def main():
    server = await asyncio.start_server(take, "", 80, backlog=4096)
    print("listening", flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
CLIENTS = RAISE_LIMIT + """
import socket, sys, time
address, count, size = sys.argv[1], *map(int, sys.argv[2:])
held = []
for _ in range(count):
    held.append(socket.create_connection((address, 80)))
    held[-1].sendall(b"x" * size)
print("all is sent", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("connections,size", ((2000, 40_000), (6000, 10_000)),
                         ids=("uploads", "requests"))
def test_the_process_stays_below_its_limit(make_lab, connections, size):
    """The target never answers, so all that clients send is held, and it is twice what may be."""
    lab = make_lab()
    lab.lose(100, destination=ADDRESS["target"])
    lab.start("online", sys.executable, "-c", SINK, name="sink").wait_for("listening", timeout=60)
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL, "-m", LIMIT_MB)
    clients = lab.start("client", sys.executable, "-c", CLIENTS, ADDRESS["online"], connections,
                        size, name="clients")
    clients.wait_for("all is sent", timeout=120)
    tcpcopy.wait_for("ledger: ", timeout=30)
    wait_until(lambda: statistic(tcpcopy.log(), "opened") >= connections, 30, tcpcopy.log)
    peak = tcpcopy.peak_rss_kb()
    print(f"-m {LIMIT_MB}, {connections} connections of {size} bytes: peak {peak / 1024:.1f} MB")
    assert peak <= MORE_KB
    tcpcopy.stop()
    assert "balanced:yes" in tcpcopy.log()
    assert statistic(tcpcopy.log(), "memory-limit") > 0, "nothing was at the limit"
