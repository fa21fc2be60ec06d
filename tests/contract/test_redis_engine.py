"""What the Redis engine promises beside what every engine does (test_engine.py), on each real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from pipeline.settlement import Append, Settled
from pipeline.stage import Emit, Limits, Outcome, Stage
from tests.contract.rig import KEYS, Item, Rig, done, entry, rig_on, stage


@pytest.fixture
async def rig(each_redis_url: str, short_reads: None) -> AsyncIterator[Rig]:
    async with rig_on(each_redis_url) as made:
        yield made


async def test_what_a_dead_process_held_is_taken_over_by_another_after_the_lease(rig: Rig) -> None:
    async def stuck(item: Item) -> Outcome:
        await asyncio.Event().wait()
        return Emit(item)

    rig.start(stage("first", stuck, timeout_seconds=60), consumer="one")
    await rig.append("first", *entry(1))

    await rig.until_pending("first", 1)
    await rig.kill()
    rig.start(stage("first", done), consumer="two", lease_seconds=0.2)
    await rig.until_length("events", 1)


async def test_a_zombie_writes_nothing_once_its_entry_is_another_ones(rig: Rig) -> None:
    spec = stage("first", done)
    streams = [rig.stream(spec, name) for name in ("old", "new")]
    await streams[0].open()
    await rig.append("first", *entry(1))
    await rig.append("first", *entry(2))
    held = await streams[0].read(10, 10)
    await rig.redis.xclaim(KEYS.stream("first", 0), "first", "new", 0, [held[0].entry_id])
    outcomes = [Settled(each.entry_id, (Append("second", 0, ("a", "b")),)) for each in held]
    assert (await streams[0].settle(outcomes)).lost == [held[0].entry_id]
    assert await rig.length("second") == 1
    assert (await streams[1].settle(outcomes[:1])).lost == []
    assert (await streams[1].settle(outcomes[:1])).lost == [held[0].entry_id]
    assert await rig.length("second") == 2


async def test_settle_finds_its_entries_among_many_that_wait_for_a_retry(rig: Rig) -> None:
    spec = stage("first", done)
    stream = rig.stream(spec, "one")
    await stream.open()
    for number in range(200):
        await rig.append("first", *entry(number))
    held = await stream.read(200, 10)
    ends = [Settled(held[0].entry_id, ()), Settled(held[-1].entry_id, ())]
    assert (await stream.settle(ends)).lost == []
    assert await rig.length("first") == 198


async def test_a_stage_that_gathers_takes_together_what_comes_while_it_rests(rig: Rig) -> None:
    batches: list[int] = []

    async def batch(items: Sequence[Item]) -> list[Outcome]:
        batches.append(len(items))
        return [Emit(item) for item in items]

    limits = Limits(timeout_seconds=5, batch_size=4)
    rig.start(Stage(name="first", consumes=Item, emits=None, limits=limits, batch=batch, gathers_seconds=1.0))
    await rig.append("first", *entry(0))
    await rig.until_length("events", 1)
    for number in range(1, 4):
        await rig.append("first", *entry(number))
    await rig.until_length("events", 4)
    assert batches == [1, 3]


async def test_a_flushed_redis_does_not_stop_the_agents(rig: Rig) -> None:
    rig.start(stage("first", done))
    await rig.append("first", *entry(1))
    await rig.until_length("events", 1)
    await rig.redis.flushall()
    await rig.append("first", *entry(2))
    await rig.until_length("events", 1)


async def test_a_redis_that_is_flushed_with_entries_in_hand_does_not_stop_the_agents(rig: Rig) -> None:
    release = asyncio.Event()

    async def held(item: Item) -> Outcome:
        if item.number == 1:
            await release.wait()
        return Emit(item)

    rig.start(stage("first", held))
    await rig.append("first", *entry(1))
    await rig.until_pending("first", 1)
    await rig.redis.flushall()
    release.set()
    await rig.append("first", *entry(2))
    await rig.until_length("events", 1)
    await rig.drain()
    [event] = await rig.fields("events")
    assert event[b"seq"] == b"3-0"


async def test_a_record_that_kills_its_process_does_not_cost_its_batch(rig: Rig) -> None:
    dying = asyncio.Event()

    async def handler(items: Sequence[Item]) -> list[Outcome]:
        if any(item.number == 5 for item in items):
            dying.set()
            await asyncio.Event().wait()
        return [Emit(item) for item in items]

    spec = Stage(
        name="first",
        consumes=Item,
        emits="second",
        limits=Limits(timeout_seconds=60, batch_size=20, crash_limit=3),
        batch=handler,
    )
    for number in range(10):
        await rig.append("first", *entry(number))
    for _ in range(3):
        dying.clear()
        rig.start(spec)
        await asyncio.wait_for(dying.wait(), 10)
        await rig.kill()
    rig.start(spec)
    await rig.until_length("second", 9)
    await rig.until_length("dead", 1)
    [listed] = await rig.dead()
    assert listed.letter.error == "CrashLoop"


async def test_a_redis_that_is_emptied_under_suspects_does_not_stop_the_agents(rig: Rig) -> None:
    first_is_handled, go_on = asyncio.Event(), asyncio.Event()

    async def handler(item: Item) -> Outcome:
        first_is_handled.set()
        await go_on.wait()
        return Emit(item)

    spec = stage("first", handler, emits="second", timeout_seconds=60)
    for number in range(4):
        await rig.append("first", *entry(number))
    dead = rig.stream(spec, "one")
    await dead.open()
    await dead.read(4, 10)
    rig.start(spec)  # takes up what the dead one held, one at a time
    await asyncio.wait_for(first_is_handled.wait(), 10)
    await rig.redis.flushall()
    go_on.set()
    await rig.append("first", *entry(9))
    await rig.until_length("second", 1)
    await rig.drain()


async def test_a_stage_writes_an_envelope_as_one_field_and_reads_seven_as_well(rig: Rig) -> None:
    await rig.append("first", *entry(1))
    rig.start(stage("first", done, emits="second"))
    await rig.until_length("second", 1)
    [(_, fields)] = await rig.redis.execute_command("XRANGE", KEYS.stream("second", 0), "-", "+")
    assert list(fields) == [b"e"]
    rig.start(stage("second", done))
    await rig.until_length("events", 1)
    [end] = await rig.ends()
    assert [hop[0] for hop in end.hops] == ["first", "second"]
