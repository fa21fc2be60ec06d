"""What every engine promises (see pipeline/ports.py): what becomes of an entry, by the outcome of its handler."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from msgspec import structs

from pipeline.envelope import read_envelope
from pipeline.events import EndState
from pipeline.settlement import EVENTS
from pipeline.stage import Drop, Emit, Outcome, Reject, Retry, Stage
from tests.contract.engine_rig import EngineRig, until_ended
from tests.contract.scene import Item, done, entry, envelope, limits, stage


async def test_a_record_travels_both_stages_and_leaves_nothing_but_its_end(engine: EngineRig) -> None:
    await engine.append("first", *entry(1))
    engine.start(stage("first", done, emits="second"), stage("second", done))
    [end] = await until_ended(engine, 1)
    await engine.drain()
    assert await engine.fields("first") == await engine.fields("second") == []
    assert (end.stage, end.outcome, end.reason) == ("second", "done", "")
    assert [hop[0] for hop in end.hops] == ["first", "second"]


async def test_what_surrounds_a_record_stays_the_same_on_its_way(engine: EngineRig) -> None:
    async def judge(item: Item) -> Outcome:
        return Emit(Item(number=item.number + 1), note={"intent": "buy"})

    await engine.append("first", *entry(7))
    engine.start(stage("first", judge, emits="second"))

    async def emitted() -> bool:
        return bool(await engine.fields("second"))

    await engine.until(emitted)
    [fields] = await engine.fields("second")
    before, after = envelope(7), read_envelope(fields)
    assert structs.replace(after, hops=b"[]", data=b"") == structs.replace(before, data=b"")
    assert after.data == b'{"number":8}'
    assert b'["first",' in after.hops
    assert b'{"intent":"buy"}' in after.hops


async def test_the_notes_of_outcomes_reach_the_end_state(engine: EngineRig) -> None:
    async def judge(item: Item) -> Outcome:
        return Drop("not a buy", note={"intent": "question"})

    await engine.append("first", *entry(1))
    engine.start(stage("first", judge))
    [end] = await until_ended(engine, 1)
    assert (end.outcome, end.reason, end.seq) == ("dropped", "not a buy", "2-0")
    assert str(end.comment_id) == envelope(1).id
    [[name, received_ms, done_ms, facts]] = end.hops
    assert (name, facts) == ("first", {"intent": "question"})
    assert received_ms <= done_ms <= end.ended_ms


async def test_a_stage_may_send_a_record_to_another_stage_than_the_next(engine: EngineRig) -> None:
    async def skip(item: Item) -> Outcome:
        return Emit(item, to="third")

    await engine.append("first", *entry(1))
    engine.start(stage("first", skip, emits="second"), stage("third", done))
    [end] = await until_ended(engine, 1)
    assert [hop[0] for hop in end.hops] == ["first", "third"]
    assert await engine.fields("second") == []


async def test_a_failing_record_is_tried_again_and_then_goes_through(engine: EngineRig) -> None:
    seen: list[int] = []

    async def shaky(item: Item) -> Outcome:
        seen.append(item.number)
        if len(seen) < 3:
            raise OSError("not now")
        return Emit(item)

    await engine.append("first", *entry(7))
    engine.start(stage("first", shaky))
    [end] = await until_ended(engine, 1)
    assert (end.outcome, seen) == ("done", [7, 7, 7])
    assert await engine.letters() == []


async def test_failures_that_the_handler_survives_are_no_crashes(engine: EngineRig) -> None:
    seen: list[int] = []

    async def shaky(item: Item) -> Outcome:
        seen.append(item.number)
        return Retry("not now") if len(seen) < 6 else Emit(item)

    await engine.append("first", *entry(1))
    engine.start(stage("first", shaky, max_attempts=8, crash_limit=3))
    [end] = await until_ended(engine, 1)
    assert end.outcome == "done"


async def test_past_the_limit_of_attempts_a_record_is_dead_lettered_with_its_error(engine: EngineRig) -> None:
    async def broken(item: Item) -> Outcome:
        raise ZeroDivisionError("by nought")

    await engine.append("first", *entry(1))
    engine.start(stage("first", broken, max_attempts=3))
    [end] = await until_ended(engine, 1)
    [letter] = await engine.letters()
    assert (letter.stage, letter.attempts, letter.error) == ("first", 3, "ZeroDivisionError")
    assert letter.reason.startswith("by nought")
    assert "ZeroDivisionError" in letter.detail
    assert letter.first_failed_ms < letter.last_failed_ms
    assert (end.outcome, end.reason) == ("rejected", letter.reason)


async def test_waiting_ones_turn_counts_no_attempt(engine: EngineRig) -> None:
    seen: list[int] = []

    async def patient(item: Item) -> Outcome:
        seen.append(item.number)
        if len(seen) < 4:
            return Retry("an earlier comment is undecided", after=0.01, counts=False)
        return Reject("its turn")

    await engine.append("first", *entry(1))
    engine.start(stage("first", patient, max_attempts=2, crash_limit=1))
    await until_ended(engine, 1)
    [letter] = await engine.letters()
    assert (letter.reason, letter.attempts, len(seen)) == ("its turn", 1, 4)


async def test_a_rejected_record_is_dead_lettered_at_once_as_it_came(engine: EngineRig) -> None:
    async def refuse(item: Item) -> Outcome:
        return Reject("never", error="NotForSale", detail="a traceback")

    entry_id = await engine.append("first", *entry(1))
    engine.start(stage("first", refuse))
    [end] = await until_ended(engine, 1)
    [letter] = await engine.letters()
    assert (letter.reason, letter.error, letter.detail) == ("never", "NotForSale", "a traceback")
    assert (letter.attempts, letter.entry_id, letter.comment_id) == (1, entry_id, envelope(1).id)
    parts = [part if isinstance(part, bytes) else part.encode() for part in entry(1)]
    assert letter.raw == dict(zip(parts[::2], parts[1::2], strict=True))
    assert (end.outcome, end.reason) == ("rejected", "never")


async def test_a_handler_that_takes_too_long_is_cancelled_and_tried_again(engine: EngineRig) -> None:
    calls: list[int] = []

    async def slow(item: Item) -> Outcome:
        calls.append(item.number)
        if len(calls) == 1:
            await asyncio.Event().wait()
        return Emit(item)

    await engine.append("first", *entry(1))
    engine.start(stage("first", slow, timeout_seconds=0.05))
    [end] = await until_ended(engine, 1)
    assert (end.outcome, len(calls)) == ("done", 2)


async def test_waiting_for_a_retry_occupies_no_slot(engine: EngineRig) -> None:
    async def handler(item: Item) -> Outcome:
        return Retry("tomorrow", after=86_400) if item.number == 0 else Emit(item)

    for number in range(5):
        await engine.append("first", *entry(number))
    engine.start(stage("first", handler, concurrency=1))
    await until_ended(engine, 4)
    assert await engine.waiting("first") == 1
    assert len(await engine.fields("first")) == 1


async def test_no_more_records_are_in_hand_at_once_than_the_limit_says(engine: EngineRig) -> None:
    in_hand: set[int] = set()
    most: list[int] = []
    full = asyncio.Event()

    async def handler(item: Item) -> Outcome:
        in_hand.add(item.number)
        most.append(len(in_hand))
        if len(in_hand) == 3:
            full.set()
        await full.wait()
        for _ in range(5):
            await asyncio.sleep(0)
        in_hand.remove(item.number)
        return Emit(item)

    for number in range(12):
        await engine.append("first", *entry(number))
    engine.start(stage("first", handler, concurrency=3))
    await until_ended(engine, 12)
    assert max(most) == 3


async def test_a_batch_has_at_most_so_many_records_as_the_limit_says(engine: EngineRig) -> None:
    sizes: list[int] = []

    async def batch(items: Sequence[Item]) -> list[Outcome]:
        sizes.append(len(items))
        return [Emit(item) for item in items]

    for number in range(10):
        await engine.append("first", *entry(number))
    engine.start(Stage(name="first", consumes=Item, emits=None, limits=limits(batch_size=4), batch=batch))
    await until_ended(engine, 10)
    assert sum(sizes) == 10
    assert max(sizes) == 4


async def test_one_bad_record_does_not_cost_its_neighbours_in_a_batch(engine: EngineRig) -> None:
    async def batch(items: Sequence[Item]) -> list[Outcome]:
        if any(item.number == 3 for item in items):
            raise ValueError("three")
        return [Emit(item) for item in items]

    for number in range(6):
        await engine.append("first", *entry(number))
    engine.start(Stage(name="first", consumes=Item, emits=None, limits=limits(max_attempts=2), batch=batch))
    ends = await until_ended(engine, 6)
    assert sorted(end.outcome for end in ends) == ["done"] * 5 + ["rejected"]
    [letter] = await engine.letters()
    assert letter.reason.startswith("three")


async def test_what_a_stage_prepares_is_ready_before_its_first_record(engine: EngineRig) -> None:
    ready: list[str] = []

    async def prepare() -> None:
        await asyncio.sleep(0)
        ready.append("model")

    async def handler(item: Item) -> Outcome:
        return Drop(" ".join(ready))

    await engine.append("first", *entry(1))
    engine.start(replace(stage("first", handler), prepare=prepare))
    [end] = await until_ended(engine, 1)
    assert set(end.reason.split()) == {"model"}  # each partition's agent prepares


async def test_end_states_can_be_read_by_a_stage_whose_own_ends_are_none(engine: EngineRig) -> None:
    recorded: list[EndState] = []

    async def record(states: Sequence[EndState]) -> list[Outcome]:
        recorded.extend(states)
        return [Drop("recorded") for _ in states]

    projector = Stage(
        name="projector", consumes=EndState, emits=None, limits=limits(), batch=record,
        reads=EVENTS, records_ends=False,
    )  # fmt: skip
    for number in range(3):
        await engine.append("first", *entry(number))
    engine.start(stage("first", done), projector)

    async def all_recorded() -> bool:
        return len(recorded) == 3 and not await engine.fields(EVENTS)

    await engine.until(all_recorded)
    assert [end.seq for end in recorded] == ["1-0", "2-0", "3-0"]


async def test_a_record_from_outside_is_appended_once(engine: EngineRig) -> None:
    for _ in range(2):
        await engine.append_once("first", "the record's id", envelope(1))
    await engine.append_once("first", "another id", envelope(2))
    engine.start(stage("first", done))
    assert [end.seq for end in await until_ended(engine, 2)] == ["2-0", "3-0"]
    await engine.append_once("first", "the record's id", envelope(1))
    assert await engine.fields("first") == []


async def test_a_redriven_dead_letter_goes_through_once_its_cause_is_gone(engine: EngineRig) -> None:
    cured = False

    async def handler(item: Item) -> Outcome:
        if not cured:
            raise OSError("ill")
        return Emit(item)

    await engine.append("first", *entry(1))
    engine.start(stage("first", handler, max_attempts=2))
    await until_ended(engine, 1)
    cured = True
    [letter] = await engine.letters()
    await engine.redrive(letter)
    ends = await until_ended(engine, 2)
    assert [(end.outcome, end.seq) for end in ends] == [("rejected", "2-0"), ("done", "2-0")]
    assert await engine.letters() == []
    with pytest.raises(LookupError):
        await engine.redrive(letter)


async def test_a_redriven_dead_letter_has_all_its_attempts_again(engine: EngineRig) -> None:
    seen: list[int] = []

    async def broken(item: Item) -> Outcome:
        seen.append(item.number)
        raise OSError("ill")

    await engine.append("first", *entry(1))
    engine.start(stage("first", broken, max_attempts=2))
    await until_ended(engine, 1)
    [letter] = await engine.letters()
    await engine.redrive(letter)
    await until_ended(engine, 2)
    [again] = await engine.letters()
    assert (again.attempts, len(seen)) == (2, 4)
    assert again.raw == letter.raw
