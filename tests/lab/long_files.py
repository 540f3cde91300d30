"""Five minutes of mixed load, recorded and replayed at several speeds. Takes twelve minutes, so it is
no part of the ordinary run:

    TCPCOPY_BUILD=build/release tests/lab/enter /usr/bin/python3 -m pytest -q -rP tests/lab/long_files.py
"""

import re
import time

from recording import Peers
from test_ways import assert_all_delivered, assert_alike, record, replay

SECONDS = 300
EACH = 5  # seconds between one group of clients and the next


def mixed_load(peers):
    """All habits, by groups of clients that come one after the other."""
    clients, end = [], time.monotonic() + SECONDS
    while time.monotonic() < end:
        clients.append(peers.start_client(8, 5, seed=len(clients)))
        time.sleep(EACH)
    return clients


def test_five_minutes(make_lab):
    lab = make_lab()
    lab.route_responses()
    peers = Peers(lab)
    file = lab.work / "five-minutes.pcap"
    record(lab, file, lambda: mixed_load(peers))
    for options in (("-a", "1"), ("-a", "10"), ("-a", "max"), ("-a", "max", "-T", "2")):
        began = time.monotonic()
        tcpcopy = replay(lab, *options, files=[file], seconds=SECONDS + 60)
        assert_all_delivered(tcpcopy)
        late = re.search(r"packets were late by.*", tcpcopy.log())
        print(f"{' '.join(options)}: {time.monotonic() - began:.1f} s",
              late.group(0) if late else "")
    assert_alike(peers, times=5)
