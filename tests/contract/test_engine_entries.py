"""What every engine promises (see pipeline/ports.py): about entries that can't be read, the public door, and the
order of comments."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from pipeline.decision import derived_id
from pipeline.stage import PUBLIC_STREAM, Door, Emit, Opened, Outcome, Reject, Retry, Stage
from schemas.codec import UnreadableRecord
from tests.contract.engine_rig import EngineRig, until_ended
from tests.contract.scene import Handler, Item, done, entry, stage

GARBAGE: Mapping[str, tuple[str | bytes, ...]] = {
    "nothing but data that is no JSON": ("d", b"\x00\xff\xfe"),
    "foreign fields": ("what", "ever"),
    "a version that is a word": (*entry(1)[:4], "v", "banana", *entry(1)[6:]),
    "a negative version": (*entry(1)[:4], "v", "-1", *entry(1)[6:]),
    "a version of the far future": (*entry(1)[:4], "v", "999999", *entry(1)[6:]),
    "data that is no text": (*entry(1)[:-1], b"\xff\x00 not json"),
    "a field of another type": (*entry(1)[:-1], b'{"number":"seven"}'),
    "a field missing": (*entry(1)[:-1], b"{}"),
    "a list for a record": (*entry(1)[:-1], b"[1,2]"),
    "hops that are no JSON": (*entry(1)[:10], "hops", b"{", *entry(1)[12:]),
    "an id that is no text": ("id", b"\xff\xff", *entry(1)[2:]),
    "no data": entry(1)[:-2],
}


def door(handler: Handler) -> Stage[Item]:
    """A stage behind the public door: the entry's `number` is its record and decides its identity."""

    def opens(seq: str, fields: Mapping[bytes, bytes]) -> Opened[Item]:
        number = fields.get(b"number", b"")
        if not number.isdigit():
            raise UnreadableRecord("the entry has no number")
        return Opened(str(derived_id(f"{seq}/{number.decode()}")), "2026-01-01T00:00:00+00:00", "",
                      Item(number=int(number)))  # fmt: skip

    return replace(stage("door", handler, emits="order"), door=Door(opens=opens))


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_is_dead_lettered_with_a_reason_and_its_neighbours_go_through(
    engine: EngineRig, garbage: tuple[str | bytes, ...]
) -> None:
    await engine.append("first", *entry(1))
    await engine.append("first", *garbage)
    await engine.append("first", *entry(2))
    engine.start(stage("first", done))
    ends = await until_ended(engine, 3)
    assert sorted(end.outcome for end in ends) == ["done", "done", "rejected"]
    [letter] = await engine.letters()
    assert letter.reason
    assert letter.error == "UnreadableRecord"
    assert await engine.fields("first") == []


async def test_an_entry_of_a_newer_version_is_left_for_a_newer_reader(engine: EngineRig) -> None:
    await engine.append("first", *entry(1)[:4], "v", "2", *entry(1)[6:])
    await engine.append("first", *entry(2))
    engine.start(stage("first", done))
    [end] = await until_ended(engine, 1)
    await engine.drain()
    assert end.seq == "3-0"
    assert len(await engine.fields("first")) == 1
    assert await engine.letters() == []
    assert await engine.waiting("first") == 1


async def test_the_public_door_opens_what_was_pushed_and_keeps_it(engine: EngineRig) -> None:
    seq = await engine.comment(number="7")
    engine.start(door(done), stage("order", done))
    [end] = await until_ended(engine, 1)
    await engine.drain()
    assert (end.seq, end.comment_id) == (seq, derived_id(f"{seq}/7"))
    assert [hop[0] for hop in end.hops] == ["door", "order"]
    assert await engine.fields(PUBLIC_STREAM) == [{b"number": b"7"}]


async def test_what_the_public_door_cannot_open_is_dead_lettered(engine: EngineRig) -> None:
    seq = await engine.comment(message="I want it!")
    engine.start(door(done))
    [end] = await until_ended(engine, 1)
    [letter] = await engine.letters()
    assert (letter.stream, letter.entry_id, letter.error) == (PUBLIC_STREAM, seq, "UnreadableRecord")
    assert (letter.raw, str(end.comment_id)) == ({b"message": b"I want it!"}, letter.comment_id)
    assert (end.outcome, end.seq) == ("rejected", seq)


async def test_a_comment_redriven_at_the_public_door_remains_that_comment(engine: EngineRig) -> None:
    cured = False

    async def handler(item: Item) -> Outcome:
        return Emit(item, to="order") if cured else Reject("ill")

    seq = await engine.comment(number="7")
    engine.start(door(handler), stage("order", done))
    await until_ended(engine, 1)
    cured = True
    [letter] = await engine.letters()
    await engine.redrive(letter)
    rejected, ended = await until_ended(engine, 2)
    assert (
        (rejected.seq, rejected.comment_id) == (ended.seq, ended.comment_id) == (seq, derived_id(f"{seq}/7"))
    )
    assert len(await engine.fields(PUBLIC_STREAM)) == 1


async def test_a_comment_is_unfinished_until_the_exclusive_stage_has_settled_it(engine: EngineRig) -> None:
    go_on = asyncio.Event()
    at_order: list[int] = []

    async def order(item: Item) -> Outcome:
        at_order.append(item.number)
        await go_on.wait()
        return Emit(item)

    async def ordering() -> bool:
        return bool(at_order)

    async def none_earlier() -> bool:
        return await engine.earlier(later) == 0

    await engine.comment(number="1")
    later = await engine.comment(number="2")
    exclusive = replace(stage("order", order, emits="payment", concurrency=1), exclusive=True)
    engine.start(door(done), exclusive)
    await engine.until(ordering)
    assert await engine.earlier(later) == 1
    go_on.set()
    await engine.until(none_earlier)


async def test_a_comment_that_has_left_its_place_is_no_longer_unfinished_though_the_exclusive_stage_puts_it_off(
    engine: EngineRig,
) -> None:
    async def order(item: Item) -> Outcome:
        return Retry("not yet", after=60, counts=False)

    async def put_off() -> bool:
        return await engine.waiting("order") == 2

    async def one_earlier() -> bool:
        return await engine.earlier(later) == 1

    first = await engine.comment(number="1")
    await engine.comment(number="2")
    later = "9999999999999-0"
    engine.start(door(done), replace(stage("order", order, emits="payment"), exclusive=True))
    await engine.until(put_off)
    assert await engine.earlier(later) == 2
    for _ in range(2):
        await engine.leave(first)
    await engine.until(one_earlier)


async def test_a_comment_that_ends_before_the_exclusive_stage_is_no_longer_unfinished(
    engine: EngineRig,
) -> None:
    async def reject(item: Item) -> Outcome:
        return Reject("never")

    async def passed() -> bool:
        return bool(await engine.fields("order")) and await engine.earlier(later) == 1

    await engine.comment(number="1")
    engine.start(door(done))
    later = "9999999999999-0"
    await engine.until(passed)
    engine.start(stage("order", reject))
    await until_ended(engine, 1)
    assert await engine.earlier(later) == 0
