"""The traps of Redis Streams that the design names, one test each, on every Redis there is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from pipeline.decision import Decider
from pipeline.embedded import Valkey
from pipeline.engines.redis.backlog import Backlog
from pipeline.engines.redis.connection import BLOCK_SECONDS, connect_reader
from pipeline.engines.redis.lease import LeaseKeeper
from pipeline.engines.redis.reclaimer import Reclaimer
from pipeline.engines.redis.streams import Renewed, StageStream
from pipeline.engines.redis.trimmer import Trimmer
from pipeline.engines.redis.watermark import Watermark
from pipeline.settings import RuntimeSettings
from pipeline.settlement import Append, Settled
from pipeline.stage import Emit, Outcome
from pipeline.tombstone import TRIMMED
from tests.contract.public_door import comments, door
from tests.contract.rig import KEYS, Item, Rig, at_work, done, entry, rig_on, stage
from tests.fixtures_servers import emptied
from tests.redis_servers import SERVERS_HERE, Kind, Running

FORWARD = (Append("second", 0, ("a", "b")),)
FIRST = KEYS.stream("first", 0)


@pytest.fixture(params=SERVERS_HERE, ids=lambda kind: kind.name)
async def rig(
    request: pytest.FixtureRequest, redis_server: Callable[[Kind], Running], short_reads: None
) -> AsyncIterator[Rig]:
    """Each server in turn, with nothing in it."""
    async with rig_on(emptied(redis_server(request.param).url)) as rig:
        yield rig


async def held(rig: Rig, stream: StageStream, count: int) -> list[str]:
    """Ids of entries that the stream's consumer was given."""
    await stream.open()
    for number in range(count):
        await rig.append("first", *entry(number))
    return [delivery.entry_id for delivery in await stream.read(count, 10)]


async def steal(rig: Rig, entry_id: str, consumer: str = "thief") -> None:
    await rig.redis.xclaim(FIRST, "first", consumer, 0, [entry_id])


async def owner_of(rig: Rig, entry_id: str) -> str:
    [row] = await rig.redis.execute_command("XPENDING", FIRST, "first", entry_id, entry_id, 1)
    return str(row[1].decode())


async def stuck(item: Item) -> Outcome:
    """A handler that never comes back."""
    await asyncio.Event().wait()
    return Emit(item)


async def test_xack_ignores_ownership(rig: Rig) -> None:
    spec = stage("first", done)
    old, new = rig.stream(spec, "old"), rig.stream(spec, "new")
    first, second = await held(rig, old, 2)
    await steal(rig, first, "new")
    outcomes = [Settled(first, FORWARD), Settled(second, FORWARD)]
    assert (await old.settle(outcomes)).lost == [first]
    assert await rig.length("second") == 1
    assert (await new.settle(outcomes[:1])).lost == []
    assert (await new.settle(outcomes[:1])).lost == [first]
    assert await rig.length("second") == 2


async def test_an_unconditional_heartbeat_steals_entries_back(rig: Rig) -> None:
    cancelled = asyncio.Event()

    async def handler(item: Item) -> Outcome:
        try:
            return await stuck(item)
        finally:
            cancelled.set()

    spec = stage("first", handler, timeout_seconds=60, concurrency=2)
    stream = rig.stream(spec, "one")
    await stream.open()
    ids = [await rig.append("first", *entry(number)) for number in range(2)]
    consumer = at_work(spec, stream)
    running = asyncio.create_task(consumer.run())
    await rig.until_pending("first", 2)
    await steal(rig, ids[0])
    await LeaseKeeper(consumer, stream).renew()
    await asyncio.wait_for(cancelled.wait(), 10)
    assert consumer.in_hand == [ids[1]]
    assert await owner_of(rig, ids[0]) == "thief"
    assert await owner_of(rig, ids[1]) == "one"
    consumer.stop_reading()
    consumer.release()
    await running
    assert not await rig.redis.exists(KEYS.stream("second", 0))


async def test_a_renewed_lease_is_not_counted_as_a_delivery_and_begins_anew(rig: Rig) -> None:
    stream = rig.stream(stage("first", done), "one")
    [entry_id] = await held(rig, stream, 1)
    await rig.redis.xclaim(FIRST, "first", "one", 0, [entry_id], idle=90_000, justid=True)
    renewed = await stream.renew([entry_id])
    assert (renewed.lost, renewed.gone) == ([], [])
    [(_, _, idle_ms, deliveries)] = await rig.redis.execute_command("XPENDING", FIRST, "first", "-", "+", 1)
    assert idle_ms < 60_000
    assert deliveries == 1


async def test_xack_frees_no_memory(rig: Rig) -> None:
    for number in range(20):
        await rig.append("first", *entry(number))
    rig.start(stage("first", done, emits="second"), stage("second", done))
    await rig.until_length("events", 20)
    await rig.drain()
    assert await rig.length("first") == await rig.length("second") == 0
    assert not await rig.redis.exists(KEYS.attempts("first", 0), KEYS.retry("first", 0))


def trimmer(rig: Rig, now: float, replay_seconds: float = 10.0) -> Trimmer:
    settings = RuntimeSettings(redis_url=rig.url, replay_seconds=replay_seconds)
    return Trimmer(rig.redis, settings, ["door"], Watermark(rig.redis, KEYS, 1, "door"), lambda: now)


async def public_ids(rig: Rig) -> list[str]:
    return [
        entry_id.decode()
        for entry_id, _ in await rig.redis.execute_command("XRANGE", KEYS.comments, "-", "+")
    ]


async def test_the_public_stream_is_trimmed_below_window_and_groups_only(rig: Rig) -> None:
    await comments(rig, "1000-0", "2000-0", "2000-1", "3000-0", "90000-0")
    await trimmer(rig, 1_000_000.0).trim()
    assert len(await public_ids(rig)) == 5, "trimmed though nobody has read yet"
    stream = rig.stream(door(), "one")
    await stream.open()
    first, second, third = await stream.read(3, 10)
    await stream.settle([Settled(first.entry_id, ()), Settled(third.entry_id, ())])
    await trimmer(rig, 1_000_000.0).trim()
    assert await public_ids(rig) == ["2000-0", "2000-1", "3000-0", "90000-0"], "the oldest is pending"
    await stream.settle([Settled(second.entry_id, ())])
    await trimmer(rig, 1_000_000.0).trim()
    assert await public_ids(rig) == ["2000-1", "3000-0", "90000-0"], "the next is not delivered yet"
    rest = await stream.read(9, 10)
    await stream.settle([Settled(delivery.entry_id, ()) for delivery in rest])
    await trimmer(rig, 13.5, replay_seconds=10.5).trim()
    assert await public_ids(rig) == ["3000-0", "90000-0"], "inside the window"


async def test_xautoclaim_from_the_beginning_starves_old_entries(rig: Rig) -> None:
    spec = stage("first", done, concurrency=3)
    dead = rig.stream(spec, "dead")
    ids = await held(rig, dead, 12)
    found: list[str] = []
    for _ in range(4):  # each search by another process: the place where the last one ended is kept
        stream = rig.stream(spec, "one", lease_seconds=0.001)
        await asyncio.to_thread(time.sleep, 0.002)  # the lease runs by Redis' own clock
        taken = await stream.orphans(3)
        found += [delivery.entry_id for delivery in taken.deliveries]
        await rig.append("first", *entry(100 + len(found)))
    assert sorted(found) == sorted(ids)


async def test_a_search_goes_on_until_it_is_through_or_there_is_no_room(rig: Rig) -> None:
    spec = stage("first", stuck, concurrency=50, timeout_seconds=60)
    ids = await held(rig, rig.stream(spec, "dead"), 30)
    stream = rig.stream(spec, "one", lease_seconds=0.001)
    consumer = at_work(spec, stream)
    await asyncio.to_thread(time.sleep, 0.002)
    await Reclaimer(consumer, stream, clock=time.time).bring_orphans()
    assert sorted(consumer.in_hand) == sorted(ids)


async def test_entries_trimmed_while_pending_become_tombstones(rig: Rig) -> None:
    spec = stage("first", done)
    stream = rig.stream(spec, "one", lease_seconds=0.001)
    ids = await held(rig, stream, 4)
    await rig.redis.xdel(FIRST, *ids[:3])
    renewed = await stream.renew(ids[:1])
    assert (renewed.lost, renewed.gone) == ([], ids[:1])
    taken = await stream.own_pending("", 1, ids[3:])
    assert taken.gone == [ids[1]]
    await asyncio.to_thread(time.sleep, 0.002)
    orphans = await stream.orphans(10)
    assert orphans.gone == [ids[2]]
    assert [each.entry_id for each in orphans.deliveries] == [ids[3]]
    letters = [listed.letter for listed in await rig.dead()]
    assert [letter.entry_id for letter in letters] == ids[:3]
    assert {letter.error for letter in letters} == {TRIMMED}
    assert {letter.stage for letter in letters} == {"first"}
    assert all(letter.last_failed_ms > 1_700_000_000_000 for letter in letters)


async def test_entries_removed_before_anybody_read_them_are_reported_once(rig: Rig) -> None:
    await comments(rig, "1000-0", "2000-0", "3000-0", "4000-0")
    stream = rig.stream(door(), "one")
    await stream.open()
    [first] = await stream.read(1, 10)
    await stream.settle([Settled(first.entry_id, ())])
    await rig.redis.execute_command("XTRIM", KEYS.comments, "MINID", "4000-0")
    assert (await trimmer(rig, 5.0).trim()).losses == {"door": 2}
    assert (await trimmer(rig, 5.0).trim()).losses == {}
    await trimmer(rig, 5.0).round()  # on a cluster it carries the tombstone to the dead letters
    [listed] = await rig.dead()
    assert (listed.letter.error, listed.letter.entry_id) == (TRIMMED, "1000-0")


async def test_the_delivery_counter_also_counts_own_reads(rig: Rig) -> None:
    spec = stage("first", done)
    stream = rig.stream(spec, "one")
    [entry_id] = await held(rig, stream, 1)
    for _ in range(3):  # reading it again is no crash; only work that had begun counts
        [delivery] = (await stream.own_pending("", 10, [])).deliveries
        assert (delivery.attempts, delivery.deliveries) == (0, 2)
    assert await stream.begin(entry_id, delivery.deliveries) == Renewed([], [])
    [delivery] = (await stream.own_pending("", 10, [])).deliveries
    assert delivery.deliveries == 3
    assert (await stream.own_pending("", 10, [entry_id])).deliveries == []  # what is in hand is left alone
    decider = Decider(spec, time.time, lambda: 0.0)
    await stream.settle([decider.release(delivery)])
    [released] = (await stream.due(int(time.time() * 1000) + 1, 10)).deliveries
    assert (released.attempts, released.deliveries) == (0, 1)  # the handler survived: it was no crash
    await steal(rig, entry_id)
    assert await stream.begin(entry_id, 2) == Renewed([entry_id], [])


async def test_lag_is_null_after_xdel(rig: Rig) -> None:
    stream = rig.stream(stage("first", done), "one")
    await stream.open()
    ids = [await rig.append("first", *entry(number)) for number in range(5)]
    await stream.read(1, 10)
    await rig.redis.xdel(FIRST, ids[2])
    [group] = await rig.redis.xinfo_groups(FIRST)
    assert group["lag"] is None
    assert await Backlog(rig.redis, FIRST, "first").unread(100) == 3


async def test_a_dropped_connection_hides_delivered_entries(rig: Rig) -> None:
    spec = stage("first", done, emits="second")
    # Delivered to this name, but nobody knows: the connection broke before the answer came.
    await held(rig, rig.stream(spec, "one"), 3)
    rig.start(spec, consumer="one")
    await rig.until_length("second", 3)
    assert await rig.length("first") == 0


async def test_blocking_reads_starve_a_pool(rig: Rig) -> None:
    stages = [stage(f"stage{number}", done) for number in range(20)]  # more than the pool has connections
    rig.start(*stages)
    for each in stages:
        await rig.append(each.name, *entry(1))
    await rig.until_length("events", len(stages))
    reader = connect_reader(rig.url)
    assert reader.connection_pool.max_connections == 1
    assert BLOCK_SECONDS <= 2 < reader.connection_pool.connection_kwargs["socket_timeout"]
    await reader.aclose()


async def test_a_group_that_is_gone_is_made_again_at_its_checkpoint(rig: Rig) -> None:
    handled: list[int] = []

    async def handler(item: Item) -> Outcome:
        handled.append(item.number)
        return Emit(item)

    await comments(rig, "1000-0", "2000-0", "3000-0")
    rig.start(door(handler))
    await rig.until_length("first", 3)
    await rig.until_pending("comments_stream", 0)  # on a cluster they are acknowledged a step later
    await trimmer(rig, 5.0).trim()
    await rig.redis.execute_command("XGROUP", "DESTROY", KEYS.comments, "door")
    await rig.redis.execute_command("XADD", KEYS.comments, "4000-0", "n", 7)
    await rig.until_length("first", 4)
    assert handled == [0, 1, 2, 7]  # neither from the beginning nor at the end


async def test_a_checkpoint_lies_before_the_oldest_unsettled_entry(rig: Rig) -> None:
    await comments(rig, "1000-0", "2000-0", "3000-0")
    spec = door()
    stream = rig.stream(spec, "one")
    await stream.open()
    deliveries = await stream.read(3, 10)
    await stream.settle([Settled(deliveries[0].entry_id, ()), Settled(deliveries[2].entry_id, ())])
    await trimmer(rig, 5.0).trim()
    await rig.redis.execute_command("XGROUP", "DESTROY", KEYS.comments, "door")
    assert (await stream.open()).made
    assert [each.entry_id for each in await stream.read(9, 10)] == ["2000-0", "3000-0"]


async def test_consumers_that_hold_something_are_never_forgotten(rig: Rig) -> None:
    spec = stage("first", done)
    await held(rig, rig.stream(spec, "holds"), 1)
    for name in ("idle", "one"):
        await rig.redis.execute_command("XGROUP", "CREATECONSUMER", FIRST, "first", name)
    await asyncio.to_thread(time.sleep, 0.01)
    stream = rig.stream(spec, "one")
    assert await stream.forget_consumers(3600) == []
    assert await stream.forget_consumers(0.001) == ["idle"]
    names = {info["name"] for info in await rig.redis.xinfo_consumers(FIRST, "first")}
    assert names == {b"holds", b"one"}


async def test_prefetch_hoards(rig: Rig) -> None:
    for number in range(10):
        await rig.append("first", *entry(number))
    rig.start(stage("first", stuck, concurrency=3, timeout_seconds=60))
    await rig.until_pending("first", 3)
    await rig.append("first", *entry(11))
    [group] = await rig.redis.xinfo_groups(FIRST)
    assert group["pending"] == 3


async def test_a_full_redis_can_drain(rig: Rig) -> None:
    stream = rig.stream(stage("first", done), "one")
    [entry_id] = await held(rig, stream, 1)
    await rig.redis.config_set("maxmemory", 1)
    try:
        restarted = rig.stream(stage("first", done), "one")
        assert not (await restarted.open()).made
        assert len((await restarted.own_pending("", 10, [])).deliveries) == 1
        assert (await restarted.settle([Settled(entry_id, FORWARD)])).lost == []
    finally:
        await rig.redis.config_set("maxmemory", 0)
    assert (await rig.length("first"), await rig.length("second")) == (0, 1)


async def test_everysec_loses_about_a_second(rig: Rig, valkey: Valkey) -> None:
    async with rig_on(valkey.url) as embedded:
        assert (await embedded.redis.config_get("appendfsync"))["appendfsync"] == "always"
