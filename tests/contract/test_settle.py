"""What one call of settle writes, answers and leaves alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from pipeline.engines.redis.streams import Fenced, Settling, StageStream
from pipeline.settlement import Append, Postponed, Settled, Step
from pipeline.tombstone import TRIMMED
from tests.contract.public_door import comments, door
from tests.contract.rig import KEYS, Rig, done, entry, rig_on, stage

SPEC = stage("first", done)
LATER_MS = 4_000_000_000_000
STREAM, RETRIES = KEYS.stream("first", 0), KEYS.retry("first", 0)
ATTEMPTS, UNFINISHED = KEYS.attempts("first", 0), KEYS.unfinished(0)


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as made:
        yield made


async def held(rig: Rig, count: int, name: str = "one") -> tuple[StageStream, list[str]]:
    """A consumer and the ids of so many entries that it has in hand."""
    stream = rig.stream(SPEC, name)
    await stream.open()
    for number in range(count):
        await rig.append("first", *entry(number))
    return stream, [each.entry_id for each in await stream.read(count, 10)]


def onward(entry_id: str, *names: str) -> Settled:
    return Settled(entry_id, tuple(Append(name, 0, ("d", entry_id)) for name in names))


async def pending(rig: Rig) -> list[tuple[str, str, int]]:
    """What is pending: id, owner and how often it was given out."""
    rows = await rig.redis.execute_command("XPENDING", STREAM, "first", "-", "+", 1000)
    return [(row[0].decode(), row[1].decode(), row[3]) for row in map(_row, rows)]


def _row(row: object) -> Sequence[Any]:  # as the client's protocol gives it
    return list(row.values()) if isinstance(row, dict) else row  # type: ignore[return-value]


async def test_what_is_settled_is_forwarded_in_order_acknowledged_and_removed(rig: Rig) -> None:
    stream, ids = await held(rig, 3)
    batch = [onward(ids[1], "second", "third"), onward(ids[0], "second"), Settled(ids[2], ())]
    assert await stream.settle(batch) == Settling([], [])
    assert [fields[b"d"].decode() for fields in await rig.fields("second")] == ids[:2]
    assert [fields[b"d"].decode() for fields in await rig.fields("third")] == [ids[1]]
    assert await pending(rig) == []
    assert await rig.length("first") == 0


async def test_the_first_outcome_of_an_entry_counts(rig: Rig) -> None:
    stream, [one] = await held(rig, 1)
    assert await stream.settle([onward(one, "second"), onward(one, "third")]) == Settling([one], [])
    assert (await rig.length("second"), await rig.length("third")) == (1, 0)


async def test_what_was_settled_already_is_somebody_elses(rig: Rig) -> None:
    stream, [one, other] = await held(rig, 2)
    await stream.settle([onward(one, "second")])
    again = [onward(one, "second"), onward(other, "second")]
    assert await stream.settle(again) == Settling([one], [])
    assert await rig.length("second") == 2


async def test_only_what_the_consumer_owns_is_written(rig: Rig) -> None:
    stream, ids = await held(rig, 5)
    await rig.redis.execute_command("XCLAIM", STREAM, "first", "other", 0, ids[1], ids[3])
    assert await stream.settle([onward(each, "second") for each in ids]) == Settling([ids[1], ids[3]], [])
    assert [fields[b"d"].decode() for fields in await rig.fields("second")] == [ids[0], ids[2], ids[4]]
    assert [row[:2] for row in await pending(rig)] == [(ids[1], "other"), (ids[3], "other")]


async def test_what_waits_keeps_its_place_its_account_and_its_time(rig: Rig) -> None:
    stream, [one, other] = await held(rig, 2)
    await stream.settle([Postponed(one, LATER_MS, 2, 5), onward(other, "second")])
    assert await rig.redis.zrange(RETRIES, 0, -1, withscores=True) == [(one.encode(), LATER_MS)]
    assert await rig.redis.hgetall(ATTEMPTS) == {one.encode(): b"2:5"}
    assert await pending(rig) == [(one, "one", 0)]  # the handler survived: no delivery counts as a crash
    assert await rig.length("first") == 1


async def test_the_account_goes_with_the_entry(rig: Rig) -> None:
    stream, [one, other] = await held(rig, 2)
    await stream.settle([Postponed(each, LATER_MS, 1, 5) for each in (one, other)])
    await stream.settle([onward(one, "second")])
    assert await rig.redis.hgetall(ATTEMPTS) == {other.encode(): b"1:5"}


async def test_what_was_removed_while_it_was_in_hand_is_buried_instead_of_waiting(rig: Rig) -> None:
    stream, [one, other] = await held(rig, 2)
    await rig.redis.xdel(STREAM, one)
    assert await stream.settle(
        [Postponed(one, LATER_MS, 2, 5), Postponed(other, LATER_MS, 1, 5)]
    ) == Settling([], [one])
    [letter] = await rig.letters()
    assert (letter.entry_id, letter.stage, letter.error, letter.attempts) == (one, "first", TRIMMED, 2)
    assert letter.first_failed_ms == 5
    assert letter.last_failed_ms > 1_700_000_000_000
    assert await rig.redis.hgetall(ATTEMPTS) == {other.encode(): b"1:5"}
    assert await rig.redis.zrange(RETRIES, 0, -1) == [other.encode()]


async def test_comments_begin_and_end_to_be_unfinished_with_their_entries(rig: Rig) -> None:
    stream, ids = await held(rig, 4)
    begins = [
        Settled(each, (), Step(0, seq, begins=True))
        for each, seq in zip(ids[:2], ("7-0", "8-0"), strict=True)
    ]
    await stream.settle(begins)
    both = [(b"0000000000007-0000000", 0), (b"0000000000008-0000000", 0)]
    assert await rig.redis.zrange(UNFINISHED, 0, -1, withscores=True) == both
    ends = [
        Settled(each, (), Step(0, seq, begins=False))
        for each, seq in zip(ids[2:], ("7-0", "9-0"), strict=True)
    ]
    await stream.settle(ends)
    assert await rig.redis.zrange(UNFINISHED, 0, -1, withscores=True) == both[1:]


async def test_what_another_process_of_the_name_fenced_out_writes_nothing(rig: Rig) -> None:
    stream, [one] = await held(rig, 1)
    await rig.stream(SPEC, "one").open()
    with pytest.raises(Fenced) as raised:
        await stream.settle([onward(one, "second")])
    assert raised.value.holder.startswith("one/")
    assert (await rig.length("second"), len(await pending(rig))) == (0, 1)


async def test_without_any_fence_the_owner_still_writes(rig: Rig) -> None:
    stream, [one] = await held(rig, 1)
    await rig.redis.delete(KEYS.fence("first", 0, "one"))
    assert await stream.settle([onward(one, "second")]) == Settling([], [])


async def test_entries_of_the_public_stream_stay(rig: Rig) -> None:
    stream = rig.stream(door(), "one")
    await stream.open()
    await comments(rig, "1-0", "2-0")
    ids = [each.entry_id for each in await stream.read(2, 10)]
    await stream.settle([onward(each, "first") for each in ids])
    assert await rig.redis.xlen(KEYS.comments) == 2
    assert await rig.redis.execute_command("XPENDING", KEYS.comments, "door", "-", "+", 10) == []


async def test_more_than_luas_stack_takes_is_settled_in_one_call(rig: Rig) -> None:
    stream, _ = await held(rig, 1)
    parts = [(f"{number}-1", "d", "x") for number in range(1, 8500)]
    await rig.redis.delete(STREAM)
    pipe = rig.redis.pipeline(transaction=False)
    for entry_id, *fields in parts:
        pipe.execute_command("XADD", STREAM, entry_id, *fields)
    pipe.execute_command("XGROUP", "CREATE", STREAM, "first", "0")
    pipe.execute_command("XREADGROUP", "GROUP", "first", "one", "COUNT", 9000, "STREAMS", STREAM, ">")
    pipe.execute_command("HSET", ATTEMPTS, "8000-1", "1:5", "1-1", "1:5")
    await pipe.execute()
    settled = await stream.settle([Settled(entry_id, ()) for entry_id, *_ in parts])
    assert settled == Settling([], [])
    assert (await rig.length("first"), await rig.redis.hlen(ATTEMPTS)) == (0, 0)
    assert await rig.redis.execute_command("XPENDING", STREAM, "first", "-", "+", 1) == []


async def test_the_next_stages_length_is_known_from_the_answer(rig: Rig) -> None:
    stream = rig.stream(SPEC, "one", high_water=2)
    await stream.open()
    for number in range(2):
        await rig.append("first", *entry(number))
    one, other = [each.entry_id for each in await stream.read(2, 10)]
    await stream.settle([onward(one, "second")])
    assert not stream.is_pressed
    await stream.settle([onward(other, "second")])
    assert stream.is_pressed


async def test_among_many_that_wait_an_owned_entry_is_still_found(rig: Rig) -> None:
    stream, ids = await held(rig, 60)
    await stream.settle([Postponed(each, LATER_MS, 1, 5) for each in ids[1:-1]])
    batch = [onward(ids[0], "second"), onward(ids[-1], "second")]
    assert await stream.settle(batch) == Settling([], [])
    assert await rig.length("second") == 2
