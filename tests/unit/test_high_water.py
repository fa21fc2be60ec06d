"""When the gateway looks how many comments wait, and what it makes of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from stages.doors.high_water import LOOK_SECONDS, Congested, HighWater

MARK = 10


@dataclass
class Pipeline:
    """What waits, and a clock that stands still unless it is moved."""

    waiting: int | Exception = 0
    now: float = 100.0
    look_seconds: float = 0.0
    looks: int = 0
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answering.set()

    def clock(self) -> float:
        return self.now

    async def unread(self, most: int) -> int:
        """Answers once `answering` is set."""
        self.looks += 1
        await self.answering.wait()
        self.now += self.look_seconds
        if isinstance(self.waiting, Exception):
            raise self.waiting
        return min(self.waiting, most + 1)


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


@pytest.fixture
def mark(pipeline: Pipeline) -> HighWater:
    return HighWater(pipeline.unread, MARK, pipeline.clock)


async def test_as_many_as_the_mark_may_wait_and_one_more_is_too_many(
    pipeline: Pipeline, mark: HighWater
) -> None:
    pipeline.waiting = MARK
    await mark.check()
    pipeline.waiting = MARK + 1
    pipeline.now += LOOK_SECONDS
    with pytest.raises(Congested, match="More than 10 comments wait"):
        await mark.check()


async def test_between_two_looks_the_last_answer_holds(pipeline: Pipeline, mark: HighWater) -> None:
    pipeline.waiting = 99
    for _ in range(3):
        with pytest.raises(Congested):
            await mark.check()
    pipeline.waiting = 0
    pipeline.now += LOOK_SECONDS * 0.99
    with pytest.raises(Congested):
        await mark.check()
    assert pipeline.looks == 1
    pipeline.now += LOOK_SECONDS * 0.02
    await mark.check()
    assert pipeline.looks == 2


async def test_those_who_ask_at_the_same_time_share_one_look(pipeline: Pipeline, mark: HighWater) -> None:
    pipeline.waiting = 99
    pipeline.answering.clear()
    asking = [asyncio.create_task(mark.check()) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()  # the one who began it hangs up
    await asyncio.sleep(0)
    pipeline.answering.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert {type(answer) for answer in answers[1:]} == {Congested}
    assert pipeline.looks == 1


async def test_a_look_that_fails_is_said_to_all_and_tried_again_by_the_next(
    pipeline: Pipeline, mark: HighWater
) -> None:
    pipeline.waiting = ConnectionError("gone")
    answers = await asyncio.gather(mark.check(), mark.check(), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["gone", "gone"]
    pipeline.waiting = 0
    await mark.check()
    assert pipeline.looks == 2


@pytest.mark.parametrize(
    ("took", "rests"), [(0.001, LOOK_SECONDS - 0.001), (0.1, 2.0), (5.0, 5.0)], ids=["quick", "long", "stuck"]
)
async def test_the_longer_a_look_takes_the_longer_until_the_next(
    pipeline: Pipeline, mark: HighWater, took: float, rests: float
) -> None:
    pipeline.look_seconds = took
    await mark.check()
    pipeline.now += rests * 0.99
    await mark.check()
    assert pipeline.looks == 1
    pipeline.now += rests * 0.02
    await mark.check()
    assert pipeline.looks == 2
