"""Stages in memory: what MemoryRun adds to what every engine promises (see tests/contract/test_engine.py)."""

from __future__ import annotations

import doctest
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

import pipeline.testing.clock
import pipeline.testing.run
from pipeline.decision import partition_of
from pipeline.execution import execute
from pipeline.stage import (
    PUBLIC_STREAM,
    Door,
    Drop,
    Emit,
    Limits,
    OneHandler,
    Opened,
    Outcome,
    Reject,
    Retry,
    Stage,
)
from pipeline.testing import Killed, MemoryRun, NeverIdle, VirtualClock, Waiting
from schemas.codec import UnreadableRecord
from schemas.records import CommentRecord, Record

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
COMMENT = UUID("11111111-2222-5333-8444-555555555555")
BACKOFF: dict[str, Any] = {"backoff_seconds": 8.0, "backoff_cap_seconds": 60.0}


class Item(Record):
    number: int = 1


async def done(item: Item) -> Outcome:
    return Emit(item)


async def fail(item: Item) -> Outcome:
    raise OSError("away")


def stage(
    handler: OneHandler[Any], name: str = "first", emits: str | None = None, **limits: Any
) -> Stage[Any]:
    given = {"timeout_seconds": 5.0, **limits}
    return Stage(name=name, consumes=Item, emits=emits, limits=Limits(**given), one=handler)


@pytest.mark.parametrize("module", [pipeline.testing.run, pipeline.testing.clock])
def test_the_examples_in_the_docs_hold(module: ModuleType) -> None:
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed


async def test_a_stage_is_tried_in_five_lines() -> None:
    run = MemoryRun(stage(done, emits="second"))
    run.add("first", Item(number=7))
    await run.until_idle()
    assert run.records("second", Item) == [Item(number=7)]
    assert run.ends == []


async def test_a_comments_own_identity_and_seq_are_its_envelopes() -> None:
    async def end(record: Record) -> Outcome:
        return Drop("seen")

    run = MemoryRun(replace(stage(end), consumes=CommentRecord))
    comment_id = run.add("first", CommentRecord(comment_id=COMMENT, seq="17-3", streamer="maya"))
    await run.until_idle()
    [ended] = run.ends
    assert (comment_id, ended.comment_id, ended.seq) == (str(COMMENT), COMMENT, "17-3")


async def test_each_other_record_is_a_comment_of_its_own() -> None:
    run = MemoryRun(stage(done))
    ids = [run.add("first", Item()) for _ in range(2)]
    await run.until_idle()
    assert [str(end.comment_id) for end in run.ends] == ids
    assert len(set(ids)) == 2


async def test_retries_pass_virtual_time_by_the_injected_random() -> None:
    times: list[float] = []
    clock = VirtualClock(datetime(2026, 1, 1, tzinfo=UTC))

    async def handler(item: Item) -> Outcome:
        times.append(clock() - START_MS / 1000)
        return Retry("not now") if len(times) < 4 else Emit(item)

    run = MemoryRun(stage(handler, **BACKOFF), clock=clock, random=lambda: 0.25)
    run.add("first", Item())
    await run.until_idle()
    assert [round(seconds, 2) for seconds in times] == [0, 2, 6, 14]


async def test_settle_lets_no_time_pass_and_shows_what_waits() -> None:
    run = MemoryRun(stage(fail, **BACKOFF))
    run.add("first", Item())
    assert await run.settle() == 1
    assert await run.settle() == 0
    assert run.waiting == [Waiting("first", 0, f"{START_MS}-0", START_MS + 4000, 1)]
    assert run.clock.now_ms == START_MS


async def test_advance_handles_what_falls_due_on_the_way_and_no_more() -> None:
    run = MemoryRun(stage(fail, **BACKOFF))
    run.add("first", Item())
    await run.advance(12.5)  # due at 4 and 12; then at 28
    assert [(each.attempts, each.due_ms - START_MS) for each in run.waiting] == [(3, 28_000)]
    assert run.clock.now_ms == START_MS + 12_500


async def test_what_never_comes_to_an_end_is_named() -> None:
    async def wait(item: Item) -> Outcome:
        return Retry("not its turn", after=0, counts=False)

    run = MemoryRun(stage(wait))
    run.add("first", Item())
    with pytest.raises(NeverIdle, match=rf"stage first has put entry {START_MS}-0 off 1000 times"):
        await run.until_idle()


async def test_a_killed_process_takes_its_neighbours_down_but_not_what_is_settled() -> None:
    handled: list[int] = []

    async def handler(item: Item) -> Outcome:
        handled.append(item.number)
        if item.number == 2 and handled.count(2) == 1:
            raise Killed
        return Emit(item)

    run = MemoryRun(stage(handler, concurrency=3))
    for number in (1, 2, 3):
        run.add("first", Item(number=number))
    await run.until_idle()
    assert handled[:2] == [1, 2]
    assert (handled.count(1), handled.count(2)) == (1, 2)
    assert [end.outcome for end in run.ends] == ["done"] * 3


async def test_a_record_that_kills_every_process_ends_as_a_crash_loop() -> None:
    async def deadly(item: Item) -> Outcome:
        raise Killed

    run = MemoryRun(stage(deadly, crash_limit=2))
    run.add("first", Item())
    await run.until_idle()
    [letter] = run.dead
    assert (letter.error, letter.reason) == ("CrashLoop", "its process died 2 times while it was handled")


async def test_redrive_without_a_letter_sends_all_back() -> None:
    async def refuse(item: Item) -> Outcome:
        return Reject("never")

    run = MemoryRun(stage(refuse))
    for number in range(3):
        run.add("first", Item(number=number))
    await run.until_idle()
    run.start(stage(done))
    run.redrive()
    assert run.dead == []
    await run.until_idle()
    assert [end.outcome for end in run.ends] == ["rejected"] * 3 + ["done"] * 3


async def test_a_stage_behind_a_door_is_given_raw_fields_and_feeds_every_partition() -> None:
    def opens(seq: str, fields: Mapping[bytes, bytes]) -> Opened[Item]:
        if b"streamer" not in fields:
            raise UnreadableRecord("the entry names no streamer")
        return Opened(str(COMMENT), "2026-01-01T00:00:00+00:00", fields[b"streamer"].decode(), Item())

    run = MemoryRun(replace(stage(done, "door", "second"), door=Door(opens=opens)), partitions=8)
    run.append("door", {"streamer": "maya"})
    run.append(PUBLIC_STREAM, {"what": b"\xff"})
    await run.until_idle()
    assert run.records("second", Item) == [Item()]
    assert run.unfinished(partition_of("maya", 8)) == [f"{START_MS}-0"]
    assert [letter.reason for letter in run.dead] == ["the entry names no streamer"]
    assert len(run.fields(PUBLIC_STREAM)) == 2
    with pytest.raises(ValueError, match="append raw fields"):
        run.add("door", Item())


async def test_every_partition_of_a_stage_is_served() -> None:
    run = MemoryRun(replace(stage(done), consumes=CommentRecord), partitions=4)
    for number in range(20):
        run.add("first", CommentRecord(comment_id=COMMENT, seq=f"{number}-0", streamer=f"s{number}"))
    await run.until_idle()
    assert sorted(int(end.seq.split("-")[0]) for end in run.ends) == list(range(20))


def test_time_passes_forward_only() -> None:
    clock = VirtualClock()
    with pytest.raises(ValueError, match="forward only"):
        clock.advance(-1)
    clock.move_to(START_MS + 1)
    clock.move_to(START_MS)
    assert clock.now_ms == START_MS + 1


@pytest.mark.parametrize(("answer", "said"), [(Emit(Item()), "Emit"), ([], "a list of 0")])
async def test_a_batch_handler_that_answers_something_else_is_told_what_is_wanted(
    answer: Any, said: str
) -> None:
    async def handler(_: Any) -> Any:
        return answer

    spec: Stage[Any] = Stage(
        name="first", consumes=Item, emits=None, limits=Limits(timeout_seconds=5.0), batch=handler
    )
    [outcome] = await execute(spec, [Item()])
    assert isinstance(outcome, Retry)
    wanted = "a handler of batches answers a list with one outcome for each record, 1 here"
    assert outcome.reason == f"stage first answered {said}; {wanted}"
