"""A Redis Cluster, spoken to as if it were one server; what the engine does on it, the contract suite tries there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.exceptions import ResponseError

from pipeline.doctor import examine_redis
from pipeline.engines.redis.checks import require_fit_redis
from pipeline.engines.redis.cluster import ClusterRedis
from pipeline.engines.redis.comment_log import CommentLog
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.isolated_run import RunRegister
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.load import StreamLoad
from pipeline.engines.redis.memory_watch import MemoryWatch
from pipeline.engines.redis.offer import Hasty, Kept, Offer, OfferBounds, Rate
from pipeline.engines.redis.offer_memory import OfferMemory
from pipeline.engines.redis.slots import first_key, slot_of
from pipeline.engines.redis.stage_gauge import StageGauges
from pipeline.engines.redis.streams import Fenced, StageStream
from pipeline.settlement import Append, Delivery, Postponed, Settled, Step
from pipeline.stage import PUBLIC_STREAM
from stages.connectors.redis_memory import RedisMemory
from stages.connectors.source import Checkpoint
from tests.contract.public_door import comments, door
from tests.contract.rig import KEYS, Rig, rig_on
from tests.fixtures_servers import emptied
from tests.redis_servers import Kind, Running
from tests.valkey_cluster import ValkeyCluster


@pytest.fixture
def servers(redis_server: Callable[[Kind], Running]) -> ValkeyCluster:
    """Three nodes with nothing in them."""
    servers = redis_server(ValkeyCluster)
    assert isinstance(servers, ValkeyCluster)
    emptied(servers.url)
    return servers


@pytest.fixture
async def cluster(servers: ValkeyCluster) -> AsyncIterator[ClusterRedis]:
    """A client of it."""
    client = connect(servers.url)
    assert isinstance(client, ClusterRedis)
    yield client
    await client.aclose()


async def test_the_partitions_lie_on_all_the_nodes(servers: ValkeyCluster) -> None:
    """So that partitions make a cluster faster than one server."""
    holders = {servers.holder(slot_of(KEYS.stream("intent", partition))) for partition in range(8)}
    assert holders == set(servers.nodes)


async def test_commands_of_several_slots_share_a_trip_and_keep_their_order(cluster: ClusterRedis) -> None:
    calls = cluster.pipeline(transaction=False)
    for number in range(50):
        calls.set(f"key {number}", number)
    for number in range(50):
        calls.get(f"key {number}")
    answers = await calls.execute()
    assert answers[50:] == [str(number).encode() for number in range(50)]
    assert await asyncio.gather(*(cluster.get(f"key {number}") for number in range(50))) == answers[50:]


async def test_one_bad_command_of_a_trip_does_not_cost_the_others(cluster: ClusterRedis) -> None:
    calls = cluster.pipeline(transaction=False)
    calls.set("a", 1)
    calls.lpush("a", 1)
    calls.set("b", 2)
    first, second, third = await calls.execute(raise_on_error=False)
    assert (first, third) == (True, True)
    assert "WRONGTYPE" in str(second)


async def test_a_command_without_a_key_is_refused_before_it_asks_some_server(cluster: ClusterRedis) -> None:
    with pytest.raises(ValueError, match="INFO is for one server"):
        await cluster.info()


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("XADD", "a", "*", "b", "c"), "a"),
        (("EVALSHA", "digest", 2, "a", "b", "c"), "a"),
        (("XINFO STREAM", "a"), "a"),
        (("XGROUP", "CREATE", "a", "g", "$"), "a"),
        (("XREADGROUP", "GROUP", "g", "c", "COUNT", 1, "BLOCK", 10, "STREAMS", "a", ">"), "a"),
        (("GET", b"a"), b"a"),
    ],
)
def test_the_first_key_is_found(command: tuple[object, ...], key: str | bytes) -> None:
    assert first_key(command) == key


async def test_a_slot_that_moves_is_followed(servers: ValkeyCluster, cluster: ClusterRedis) -> None:
    """While it moves, keys that have moved already are asked for at their new node; afterwards all are."""
    slot = slot_of("{moving}a")
    old = servers.holder(slot)
    new = next(node for node in servers.nodes if node is not old)
    await cluster.set("{moving}a", 1)
    calls = cluster.pipeline(transaction=False)
    new.ask("CLUSTER SETSLOT", slot, "IMPORTING", old.id)
    old.ask("CLUSTER SETSLOT", slot, "MIGRATING", new.id)
    try:
        await cluster.set("{moving}b", 2)
        assert old.ask("EXISTS", "{moving}a") == 1
        await cluster.delete("{moving}a")
        for node in (new, old):
            node.ask("CLUSTER SETSLOT", slot, "NODE", new.id)
        calls.get("{moving}b")
        assert await calls.execute() == [b"2"]
        assert await cluster.get("{moving}b") == b"2"
        async with cluster.pipeline(transaction=True) as together:
            together.set("{moving}c", 3)
            together.get("{moving}b")
            assert await together.execute() == [True, b"2"]
    finally:
        await cluster.delete("{moving}b", "{moving}c")
        for node in (old, new, *servers.nodes):
            node.ask("CLUSTER SETSLOT", slot, "NODE", old.id)


async def test_limits_and_what_was_offered_are_known_on_the_cluster(cluster: ClusterRedis) -> None:
    bounds = OfferBounds(60, per_key=Rate(4, 60), per_speaker=Rate(1, 60))
    logs = CommentLog(cluster, KEYS, bounds), OfferMemory(cluster, KEYS, bounds)
    offers = [
        Offer(f"limited-{n}", {"timestamp": "t"}, (name,)) for n, name in enumerate(["ana", "bea", "ana"])
    ]
    answers = await logs[0].append(offers, "a key")
    assert [isinstance(answer, Kept) for answer in answers] == [True, True, False]
    new = Offer("limited-3", {"timestamp": "t"}, ("eve",))
    later = Offer("limited-4", {"timestamp": "t"}, ("joe",))
    assert await logs[1].admit([new, later], "a key") == [None, Hasty("key")]
    await logs[1].remember([Kept(new.name, "elsewhere", "then", is_new=True)])
    assert await logs[1].admit([new], "a key") == [Kept(new.name, "elsewhere", "then", is_new=False)]


async def test_a_connector_remembers_there(cluster: ClusterRedis) -> None:
    memory = RedisMemory(cluster, Keys("shop:"), "tiktok", "maya", clock=lambda: 1_700_000_000.0)
    await memory.remember(["a", "b"], Checkpoint("here"))
    assert await memory.known(["a", "c"]) == {"a"}
    assert await memory.checkpoint() == Checkpoint("here")


async def test_what_an_isolated_run_left_on_any_node_is_cleared_away(cluster: ClusterRedis) -> None:
    run = RunRegister(cluster, KEYS)
    await run.claim("killed")
    left = [f"replay:killed:intent:{{{partition}}}" for partition in range(8)]
    for key in left:
        await cluster.set(key, "1")
    await run.clear("killed")
    assert [await cluster.exists(key) for key in left] == [0] * 8


async def test_the_gauges_see_what_waits_at_the_door(servers: ValkeyCluster) -> None:
    async with rig_on(servers.url) as rig:
        stream, [delivery, _] = await held_at_the_door(rig, 2)
        await stream.settle([Postponed(delivery.entry_id, 4_000_000_000_000, 1, 1)])
        load = await StreamLoad(rig.redis, KEYS)(PUBLIC_STREAM, "door", 0)
        assert (load.length, load.unread, load.retries) == (2, 0, 1)
        gauge = await StageGauges(rig.redis, KEYS).read("door", PUBLIC_STREAM, 0)
        assert gauge is not None
        assert (gauge.unfinished, gauge.retrying) == (2, 1)


async def test_the_door_writes_to_each_slot_before_it_acknowledges(servers: ValkeyCluster) -> None:
    async with rig_on(servers.url) as rig:
        stream, held = await held_at_the_door(rig, 9)
        batch = [begun(each.entry_id, number % 3) for number, each in enumerate(held)]
        given = await stream.settle([*batch, batch[0]])  # it came back while its first outcome waited
        assert (given.lost, given.gone) == ([], [])
        lengths = [await rig.redis.xlen(KEYS.stream("first", partition)) for partition in range(3)]
        assert lengths == [3, 3, 3]
        assert [await rig.redis.zcard(KEYS.unfinished(partition)) for partition in range(3)] == [3, 3, 3]
        assert await pending(rig) == 0
        assert (await stream.settle([begun(held[0].entry_id, 0)])).lost == [held[0].entry_id]
        assert await rig.length("first") == 9


async def test_while_one_slot_takes_nothing_the_others_are_written_once(servers: ValkeyCluster) -> None:
    async with rig_on(servers.url) as rig:
        stream, held = await held_at_the_door(rig, 6)
        batch = [begun(each.entry_id, number % 3) for number, each in enumerate(held)]
        await rig.redis.set(KEYS.stream("first", 1), "no stream")
        for _ in range(3):
            with pytest.raises(ResponseError, match="WRONGTYPE"):
                await stream.settle(batch)
        assert await pending(rig) == 6  # or they would be lost
        await rig.redis.delete(KEYS.stream("first", 1))
        assert (await stream.settle(batch)).lost == []
        assert await rig.length("first") == 6


async def test_a_zombie_at_the_door_forwards_nothing(servers: ValkeyCluster) -> None:
    async with rig_on(servers.url) as rig:
        stream, [stolen, own] = await held_at_the_door(rig, 2)
        await rig.redis.xclaim(KEYS.comments, "door", "thief", 0, [stolen.entry_id])
        settling = await stream.settle([begun(each.entry_id, 0) for each in (stolen, own)])
        assert settling.lost == [stolen.entry_id]
        assert await rig.length("first") == 1
        successor = rig.stream(door(), "one")
        await successor.open()
        with pytest.raises(Fenced):
            await stream.settle([begun(stolen.entry_id, 0)])
        assert await rig.length("first") == 1


async def held_at_the_door(rig: Rig, count: int) -> tuple[StageStream, list[Delivery]]:
    """So many comments in the hands of the door's stage."""
    stream = rig.stream(door(), "one")
    await stream.open()
    await comments(rig, *(f"{number}-0" for number in range(1, count + 1)))
    return stream, await stream.read(count, 10)


async def pending(rig: Rig) -> int:
    """How many comments the door's stage has in hand."""
    return int((await rig.redis.execute_command("XPENDING", KEYS.comments, "door"))[0])


def begun(entry_id: str, partition: int) -> Settled:
    """What the door makes of an entry."""
    step = Step(partition, entry_id, begins=True)
    return Settled(entry_id, (Append("first", partition, ("a", "b")),), step)


async def test_the_fullest_primary_is_told_of(servers: ValkeyCluster, cluster: ClusterRedis) -> None:
    most = 900 * 1024 * 1024
    servers.nodes[1].ask("CONFIG SET", "maxmemory", most)
    try:
        memory = await MemoryWatch(cluster).look()
    finally:
        servers.nodes[1].ask("CONFIG SET", "maxmemory", 0)
    assert memory.most == most


async def test_every_node_is_examined_and_what_differs_is_said_of_it(servers: ValkeyCluster) -> None:
    odd = servers.nodes[2]
    odd.ask("CONFIG SET", "maxmemory-policy", "allkeys-lru")
    try:
        findings = await examine_redis(servers.url)
    finally:
        odd.ask("CONFIG SET", "maxmemory-policy", "noeviction")
    eviction = {each.level: each.sentence for each in findings if each.subject == "Redis eviction"}
    assert set(eviction) == {"ok", "warning"}
    assert eviction["warning"].endswith(f"(At {odd.address}.)")
    [holding] = [each for each in findings if each.subject == "Redis cluster"]
    assert holding.level == "warning"
    assert "3 primaries and 0 replicas" in holding.sentence
    redis = connect(servers.url)
    await require_fit_redis(redis)
    await redis.aclose()
