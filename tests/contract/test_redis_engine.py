"""What the Redis engine promises, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import orjson
import pytest

from pipeline.settlement import Append, Settled
from pipeline.stage import Drop, Emit, Limits, Outcome, Reject, Retry, Stage
from tests.contract.rig import KEYS, Item, Rig, done, entry, rig_on, stage


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as made:
        yield made


async def test_a_record_travels_both_stages_and_leaves_nothing_but_its_end(rig: Rig) -> None:
    await rig.append("first", *entry(1))
    rig.start(stage("first", done, emits="second"), stage("second", done))
    await rig.until_length("events", 1)
    await rig.drain()
    assert await rig.length("first") == await rig.length("second") == 0
    [event] = await rig.fields("events")
    state = orjson.loads(event[b"d"])
    assert (state["stage"], state["outcome"]) == ("second", "done")
    assert [hop[0] for hop in state["hops"]] == ["first", "second"]


async def test_the_notes_of_outcomes_reach_the_end_state(rig: Rig) -> None:
    async def judge(item: Item) -> Outcome:
        return Drop("not a buy", note={"intent": "question"})

    await rig.append("first", *entry(1))
    rig.start(stage("first", judge))
    await rig.until_length("events", 1)
    [event] = await rig.fields("events")
    state = orjson.loads(event[b"d"])
    assert (state["outcome"], state["reason"]) == ("dropped", "not a buy")
    assert state["hops"][0][3] == {"intent": "question"}


async def test_a_failing_record_is_tried_again_and_then_goes_through(rig: Rig) -> None:
    seen: list[int] = []

    async def shaky(item: Item) -> Outcome:
        seen.append(item.number)
        if len(seen) < 3:
            raise OSError("not now")
        return Emit(item)

    await rig.append("first", *entry(7))
    rig.start(stage("first", shaky))
    await rig.until_length("events", 1)
    assert seen == [7, 7, 7]
    assert await rig.dead() == []


async def test_past_the_limit_of_attempts_a_record_is_dead_lettered_with_its_error(rig: Rig) -> None:
    async def broken(item: Item) -> Outcome:
        raise ZeroDivisionError("by nought")

    await rig.append("first", *entry(1))
    rig.start(stage("first", broken, max_attempts=3))
    await rig.until_length("dead", 1)
    [listed] = await rig.dead()
    assert listed.letter.attempts == 3
    assert listed.letter.error == "ZeroDivisionError"
    assert "by nought" in listed.letter.reason
    assert "ZeroDivisionError" in listed.letter.detail
    assert listed.letter.first_failed_ms < listed.letter.last_failed_ms
    await rig.drain()
    assert await rig.redis.hlen(KEYS.attempts("first", 0)) == 0


async def test_a_rejected_record_is_dead_lettered_at_once_and_ends_as_rejected(rig: Rig) -> None:
    async def refuse(item: Item) -> Outcome:
        return Reject("never")

    await rig.append("first", *entry(1))
    rig.start(stage("first", refuse))
    await rig.until_length("events", 1)
    [listed] = await rig.dead()
    assert (listed.letter.reason, listed.letter.attempts) == ("never", 1)
    assert dict(zip(entry(1)[::2], entry(1)[1::2], strict=True))["d"] == listed.letter.raw[b"d"]


async def test_a_handler_that_takes_too_long_is_cancelled_and_tried_again(rig: Rig) -> None:
    calls: list[int] = []

    async def slow(item: Item) -> Outcome:
        calls.append(item.number)
        if len(calls) == 1:
            await asyncio.Event().wait()
        return Emit(item)

    await rig.append("first", *entry(1))
    rig.start(stage("first", slow, timeout_seconds=0.05))
    await rig.until_length("events", 1)
    assert len(calls) == 2


async def test_waiting_for_a_retry_occupies_no_slot(rig: Rig) -> None:
    async def handler(item: Item) -> Outcome:
        return Retry("tomorrow", after=86_400) if item.number == 0 else Emit(item)

    rig.start(stage("first", handler, concurrency=1))
    for number in range(5):
        await rig.append("first", *entry(number))
    await rig.until_length("events", 4)
    assert await rig.redis.zcard(KEYS.retry("first", 0)) == 1


async def test_one_bad_record_does_not_cost_its_neighbours_in_a_batch(rig: Rig) -> None:
    async def batch(items: Sequence[Item]) -> list[Outcome]:
        if any(item.number == 3 for item in items):
            raise ValueError("three")
        return [Emit(item) for item in items]

    spec = Stage(
        name="first",
        consumes=Item,
        emits=None,
        limits=Limits(timeout_seconds=5, max_attempts=2, backoff_seconds=0.01),
        batch=batch,
    )
    for number in range(6):
        await rig.append("first", *entry(number))
    rig.start(spec)
    await rig.until_length("events", 6)
    [listed] = await rig.dead()
    assert listed.letter.reason.startswith("three")


GARBAGE: list[tuple[str | bytes, ...]] = [
    ("d", b"\x00\xff\xfe"),
    ("what", "ever"),
    (*entry(1)[:4], "v", "banana", *entry(1)[6:]),
    (*entry(1)[:4], "v", "-1", *entry(1)[6:]),
    (*entry(1)[:4], "v", "999999", *entry(1)[6:]),
    (*entry(1)[:-1], b"\xff\x00 not json"),
    (*entry(1)[:-1], b'{"number":"seven"}'),
    (*entry(1)[:-1], b"{}"),
    (*entry(1)[:-1], b"[1,2]"),
    (*entry(1)[:10], "hops", b"{", *entry(1)[12:]),
    ("id", b"\xff\xff", *entry(1)[2:]),
    entry(1)[:-2],
]


async def test_garbage_is_dead_lettered_with_a_reason_and_its_neighbours_go_through(rig: Rig) -> None:
    good = 0
    for garbage in GARBAGE:
        await rig.append("first", *entry(good))
        await rig.append("first", *garbage)
        good += 1
    rig.start(stage("first", done))
    await rig.until_length("events", good + len(GARBAGE))
    dead = await rig.dead()
    assert len(dead) == len(GARBAGE)
    assert all(listed.letter.reason and listed.letter.error == "UnreadableRecord" for listed in dead)
    assert await rig.length("first") == 0


async def test_an_entry_of_a_newer_version_is_left_for_a_newer_reader(rig: Rig) -> None:
    await rig.append("first", *entry(1)[:4], "v", "2", *entry(1)[6:])
    await rig.append("first", *entry(2))
    rig.start(stage("first", done))
    await rig.until_length("events", 1)
    await rig.drain()
    assert await rig.length("first") == 1
    assert await rig.dead() == []
    assert await rig.redis.zcard(KEYS.retry("first", 0)) == 1


async def test_what_a_dead_process_held_is_taken_up_under_the_same_name(rig: Rig) -> None:
    async def stuck(item: Item) -> Outcome:
        await asyncio.Event().wait()
        return Emit(item)

    for number in range(4):
        await rig.append("first", *entry(number))
    rig.start(stage("first", stuck, timeout_seconds=60))

    await rig.until_pending("first", 4)
    await rig.kill()
    rig.start(stage("first", done))
    await rig.until_length("events", 4)


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


async def test_a_record_that_keeps_killing_its_process_is_dead_lettered_before_the_handler(rig: Rig) -> None:
    handled: list[int] = []

    async def deadly(item: Item) -> Outcome:
        handled.append(item.number)
        await asyncio.Event().wait()
        return Emit(item)

    await rig.append("first", *entry(1))
    for crash in range(1, 4):
        rig.start(stage("first", deadly, timeout_seconds=60, crash_limit=3))

        async def handled_again(crash: int = crash) -> bool:
            return len(handled) == crash

        await rig.until(handled_again)
        await rig.kill()
    rig.start(stage("first", deadly, timeout_seconds=60, crash_limit=3))
    await rig.until_length("dead", 1)
    [listed] = await rig.dead()
    assert listed.letter.error == "CrashLoop"
    assert len(handled) == 3


async def test_a_zombie_writes_nothing_once_its_entry_is_another_ones(rig: Rig) -> None:
    spec = stage("first", done)
    streams = [rig.stream(spec, name) for name in ("old", "new")]
    await streams[0].open()
    await rig.append("first", *entry(1))
    await rig.append("first", *entry(2))
    held = await streams[0].read(10, 10)
    await rig.redis.xclaim(KEYS.stream("first", 0), "first", "new", 0, [held[0].entry_id])
    outcomes = [Settled(each.entry_id, (Append("second", 0, ("a", "b")),)) for each in held]
    assert await streams[0].settle(outcomes) == [held[0].entry_id]
    assert await rig.length("second") == 1
    assert await streams[1].settle(outcomes[:1]) == []
    assert await streams[1].settle(outcomes[:1]) == [held[0].entry_id]
    assert await rig.length("second") == 2


async def test_settle_finds_its_entries_among_many_that_wait_for_a_retry(rig: Rig) -> None:
    spec = stage("first", done)
    stream = rig.stream(spec, "one")
    await stream.open()
    for number in range(200):
        await rig.append("first", *entry(number))
    held = await stream.read(200, 10)
    ends = [Settled(held[0].entry_id, ()), Settled(held[-1].entry_id, ())]
    assert await stream.settle(ends) == []
    assert await rig.length("first") == 198


async def test_a_stage_may_send_a_record_to_another_stage_than_the_next(rig: Rig) -> None:
    async def skip(item: Item) -> Outcome:
        return Emit(item, to="third")

    await rig.append("first", *entry(1))
    rig.start(replace(stage("first", skip), emits="second"))
    await rig.until_length("third", 1)
    assert await rig.length("second") == 0


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
