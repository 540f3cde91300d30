"""The main job: the target serves exactly what the online server serves."""

import pytest

from lab import ADDRESS, POOL, statistic, wait_until
from peers import Nginx, Redis, assert_same_requests, wrk

LOADS = {
    "50_connections": {"seconds": 10, "load": {"connections": 50, "pause_ms": 10}},
    "1000_connections": {"load": {"connections": 1000, "pause_ms": 100}},
    "clients_own_address": {"pool": False, "load": {"connections": 50, "pause_ms": 10}},
    "connection_per_request": {"load": {"connections": 20, "pause_ms": 10, "close": True}},
    "post_20_kb": {"load": {"connections": 20, "pause_ms": 10, "path": "/upload",
                            "body_bytes": 20_000}},
    "response_100_kb": {"load": {"connections": 20, "pause_ms": 10, "path": "/big100k"}},
    "without_offload": {"offload": False, "load": {"connections": 50, "pause_ms": 10}},
    "post_20_kb_without_offload": {"offload": False, "load": {
        "connections": 20, "pause_ms": 10, "path": "/upload", "body_bytes": 20_000}},
    "three_copies": {"copies": 3, "load": {"connections": 20, "pause_ms": 10}},
    "without_pause": {"catch_up": 20, "load": {"connections": 10}},
}


@pytest.mark.parametrize("case", LOADS.values(), ids=LOADS.keys())
def test_target_serves_as_many_requests(make_lab, case):
    pool = case.get("pool", True)
    lab = make_lab(offload=case.get("offload", True))
    lab.route_responses(pool)
    online, target = Nginx(lab, "online", 80), Nginx(lab, "target", 8080)
    lab.intercept()
    copies = case.get("copies", 1)
    tcpcopy = lab.tcpcopy(*(("-c", POOL) if pool else ()), "-n", copies)

    client = wrk(lab, seconds=case.get("seconds", 5), **case["load"])
    assert client.popen.wait(30) == 0, client.log()

    count = assert_same_requests(online, target, case.get("catch_up", 10), copies)
    print(f"{count} requests")  # pytest -rP shows it
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0


def test_redis_with_pipelining(make_lab):
    lab = make_lab()
    lab.route_responses()
    online, target = Redis(lab, "online", 6379), Redis(lab, "target", 6380)
    lab.intercept(filter="tcp and src port 6380")
    lab.tcpcopy("-c", POOL, rules=f"6379-{ADDRESS['target']}:6380")

    client = lab.start("client", "redis-benchmark", "-h", ADDRESS["online"], "-P", 16, "-c", 50,
                       "-n", 100_000, "-t", "set,get,incr,lpush", "-q")
    assert client.popen.wait(60) == 0, client.log()

    expected = online.commands()
    assert int(expected["set"]) == 100_000
    wait_until(lambda: target.commands() == expected, 10,
               lambda: f"{expected}; on the target {target.commands()}", pause=0.2)
