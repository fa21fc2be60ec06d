"""What once stopped the Redis engine, or made it lose or delay an entry."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from pipeline.engines.redis.streams import Renewed
from pipeline.envelope import Envelope
from pipeline.stage import Door, Emit, Opened, Outcome, Retry
from pipeline.tombstone import TRIMMED
from schemas.codec import UnreadableRecord, encode
from stages.ingest import open_comment
from stages.sources import Sources
from tests.contract.rig import KEYS, Item, Rig, at_work, done, entry, rig_on, stage

FIRST = KEYS.stream("first", 0)


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as made:
        yield made


async def test_a_retry_that_is_due_comes_before_fresh_entries(rig: Rig) -> None:
    failed: set[int] = set()
    order: list[int] = []

    async def handler(item: Item) -> Outcome:
        if item.number < 3 and item.number not in failed:
            failed.add(item.number)
            return Retry("once", after=0.05)
        await asyncio.sleep(0.02)
        order.append(item.number)
        return Emit(item)

    for number in range(150):
        await rig.append("first", *entry(number))
    rig.start(stage("first", handler, concurrency=1))
    await rig.until_length("events", 150)
    assert max(order.index(number) for number in range(3)) < 75  # they once came when nothing else was left


@pytest.mark.parametrize(
    "odd",
    [{"id": "no-uuid"}, {"seq": "x"}, {"hops": b"[1]"}],
    ids=["id", "seq", "hops"],
)
async def test_an_entry_with_an_odd_envelope_is_a_dead_letter_and_its_neighbour_goes_through(
    rig: Rig, odd: dict[str, Any]
) -> None:
    good = Envelope("00000000-0000-4000-8000-000000000001", "1-0", "", "", b"[]", encode(Item(number=1)))
    await rig.append("first", *structs.replace(good, **odd).fields())
    await rig.append("first", *entry(2))
    rig.start(stage("first", done, emits="second"))
    await rig.until_length("second", 1)
    await rig.until_length("dead", 1)
    await rig.drain()


@pytest.mark.parametrize(
    "outcome",
    [Retry("later", after=math.inf), Retry("later", after=math.nan)],
    ids=["inf", "nan"],
)
async def test_an_outcome_that_makes_no_sense_does_not_stop_the_stage(rig: Rig, outcome: Outcome) -> None:
    async def handler(item: Item) -> Outcome:
        return outcome if item.number == 1 else Emit(item)

    await rig.append("first", *entry(1))
    await rig.append("first", *entry(2))
    rig.start(stage("first", handler, emits="second"))
    await rig.until_length("second", 1)
    await rig.drain()
    assert await rig.length("first") + await rig.length("dead") == 1


async def test_a_handler_that_is_cancelled_by_something_else_is_tried_again(rig: Rig) -> None:
    calls = 0

    async def handler(item: Item) -> Outcome:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise asyncio.CancelledError
        return Emit(item)

    await rig.append("first", *entry(1))
    rig.start(stage("first", handler, emits="second"))
    await rig.until_length("second", 1)
    await rig.drain()


async def test_a_door_that_fails_on_an_entry_dead_letters_it(rig: Rig) -> None:
    def opens(seq: str, fields: Any) -> Opened[Item]:
        raise ValueError("year 57870 is out of range")

    await rig.redis.execute_command("XADD", KEYS.comments, "*", "n", 1)
    rig.start(replace(stage("door", done, emits="first"), door=Door(opens=opens)))
    await rig.until_length("dead", 1)
    await rig.drain()


def test_an_entry_id_that_is_no_time_is_refused_in_words() -> None:
    with pytest.raises(UnreadableRecord, match="is no time"):
        open_comment(
            "1763865600000000-0", {b"streamer": b"s", b"client": b"c", b"message": b"m"}, sources=Sources()
        )


async def test_a_suspect_that_somebody_removed_gets_a_tombstone(rig: Rig) -> None:
    stream = rig.stream(stage("first", done), "one")
    await stream.open()
    entry_id = await rig.append("first", *entry(1))
    await stream.read(1, 10)
    await rig.redis.xdel(FIRST, entry_id)
    assert await stream.begin(entry_id, 2) == Renewed([], [entry_id])
    [listed] = await rig.dead()
    assert listed.letter.error == TRIMMED


async def test_what_was_released_stays_released(rig: Rig) -> None:
    """A search that was under way brings back what its own process has just given back."""
    spec = stage("first", done)
    stream = rig.stream(spec, "one")
    await stream.open()
    await rig.append("first", *entry(1))
    [delivery] = await stream.read(1, 10)
    consumer = at_work(spec, stream)
    consumer.stop_reading()
    assert consumer.free == 0
    consumer.release()
    consumer.accept([delivery])
    await consumer.run()
    assert await rig.waiting("first") == 1
    assert await rig.length("first") == 1


async def test_the_outage_of_what_a_handler_needs_counts_no_attempts(rig: Rig) -> None:
    calls = 0

    async def handler(item: Item) -> Outcome:
        nonlocal calls
        calls += 1
        if calls < 10:
            raise ConnectionRefusedError("the database is away")
        return Emit(item)

    await rig.append("first", *entry(1))
    rig.start(stage("first", handler, emits="second", max_attempts=2, away=(OSError,)))
    await rig.until_length("second", 1)
    await rig.drain()
    assert await rig.dead() == []
