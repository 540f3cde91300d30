"""Each connection's bytes on the target are those that its client sent to the online server."""

import pytest

from lab import ADDRESS, POOL, POOL_NET
from recording import Peers, rules

FILTER = "tcp and (src port 8080 or src port 8081)"
SECOND_POOL, SECOND_POOL_NET = "62.135.201.x", "62.135.201.0/24"


def assert_byte_exact(peers, clients, expected, **comparison):
    """Waits for the clients to end; compares each connection."""
    for client in clients:
        assert client.popen.wait(120) == 0, client.log()
    differences, connections = peers.compare(**comparison)
    assert connections == expected
    assert not differences, "\n".join(differences[:10])


@pytest.mark.parametrize("seed", (1, 2, 3))
@pytest.mark.parametrize("clients,connections", ((20, 6), (200, 2)))
def test_all_habits(make_lab, clients, connections, seed):
    lab = make_lab()
    lab.route_responses()
    peers = Peers(lab)
    lab.intercept(filter=FILTER)
    lab.tcpcopy("-c", POOL, rules=rules())
    client = peers.start_client(clients, connections, seed)
    assert_byte_exact(peers, [client], clients * connections)


def test_two_tcpcopies(make_lab):
    """Two online hosts, one target, one intercept. Each tcpcopy has a client pool of its own, for
    a client may use the same port towards both online servers."""
    lab = make_lab(hosts=("client", "online", "online2", "target", "assistant"))
    for net in (POOL_NET, SECOND_POOL_NET):
        lab.route_via_assistant(net)
    peers = Peers(lab, onlines=("online", "online2"))
    lab.intercept(filter=FILTER)
    lab.tcpcopy("-c", POOL, rules=rules())
    lab.tcpcopy("-c", SECOND_POOL, rules=rules(), host="online2")
    clients = [peers.start_client(20, 4, seed, online=online)
               for seed, online in ((1, "online"), (2, "online2"))]
    assert_byte_exact(peers, clients, 2 * 20 * 4)


ONLINE_LOSS = {"source": ADDRESS["client"], "destination": ADDRESS["online"]}
TARGET_LOSS = {"destination": ADDRESS["target"]}
ASSISTANT_LOSS = {"source": ADDRESS["target"], "destination": POOL_NET}
LOSSES = {
    "client_to_online": (ONLINE_LOSS,),
    "online_to_target": (TARGET_LOSS,),
    "target_to_assistant": (ASSISTANT_LOSS,),
    "online_to_target_to_assistant": (TARGET_LOSS, ASSISTANT_LOSS),
}


@pytest.mark.parametrize("percent", (1, 5))
@pytest.mark.parametrize("losses", LOSSES.values(), ids=LOSSES.keys())
def test_loss(make_lab, losses, percent):
    lab = make_lab()
    lab.route_responses()
    peers = Peers(lab)
    lab.intercept(filter=FILTER)
    lab.tcpcopy("-c", POOL, rules=rules())
    for loss in losses:
        lab.lose(percent, **loss)
    client = peers.start_client(20, 6, seed=percent)
    assert_byte_exact(peers, [client], 20 * 6, catch_up=60, ends=False)
