"""Where the nodes of a Redis Cluster are, as its URL and the nodes themselves say."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis, SSLConnection

from pipeline.engines.redis.cluster import ClusterRedis
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.slots import Address, SlotMap
from pipeline.settings import RuntimeSettings


async def made(url: str, address: Address) -> Redis:
    """The client that a cluster's client makes for a node."""
    cluster = connect(url)
    assert isinstance(cluster, ClusterRedis)
    return cluster.node(address)


@pytest.mark.parametrize(
    ("url", "seed", "over_tls"),
    [
        ("redis+cluster://one:7001,two:7002", Address("one", 7001), False),
        ("redis+cluster://one", Address("one", 6379), False),
        ("rediss+cluster://ana:p%40ss@one:7001,two:7002/0", Address("one", 7001), True),
        ("redis+cluster://[::1]:7001", Address("::1", 7001), False),
    ],
)
async def test_a_url_names_some_nodes_and_how_all_are_reached(
    url: str, seed: Address, over_tls: bool
) -> None:
    RuntimeSettings(redis_url=url)
    for address in (seed, Address("learned", 7009)):
        pool = (await made(url, address)).connection_pool
        given = pool.connection_kwargs
        assert (given["host"], given["port"]) == (address.host, address.port)
        assert issubclass(pool.connection_class, SSLConnection) is over_tls
        assert given.get("password") == ("p@ss" if "@" in url else None)


def test_a_node_that_does_not_know_its_name_goes_by_the_one_it_was_asked_by() -> None:
    rows = [
        [0, 8191, [b"", 7001, b"id"], [b"10.0.0.4", 7004, b"id"]],
        [8192, 16383, [b"10.0.0.2", 7002, b"id", [b"hostname", b"two"]]],
    ]
    slots = SlotMap.read(rows, Address("one", 7001))
    one, two = Address("one", 7001), Address("10.0.0.2", 7002)
    assert slots.primaries == (one, two)
    assert (slots.owners[8191], slots.owners[8192]) == (one, two)
    assert slots.replicas == {one: [Address("10.0.0.4", 7004)], two: []}


def test_a_slot_that_nobody_holds_is_nobodys() -> None:
    slots = SlotMap.read([[0, 99, [b"one", 7001, b"id"]]], Address("one", 7001))
    assert slots.owners[100] is None
    assert slots.moved(100, Address("two", 7002)).owners[100] == Address("two", 7002)
