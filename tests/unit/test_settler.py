"""Settlements are written in batches, each until it is known to be written; what is told of them, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import ResponseError
from structlog.testing import capture_logs

from pipeline.engines.redis.settler import Settler
from pipeline.engines.redis.streams import Fenced, Settling, StageStream
from pipeline.meter import StageMeter
from pipeline.metrics import SETTLES_FENCED
from pipeline.settlement import Append, Counted, Postponed, Settled, Settlement

Answer = Settling | Exception


@dataclass
class Scripted:
    """A stage's stream that answers as told, and with nothing lost once nothing more is told. `held` keeps the next
    answer back."""

    answers: list[Answer] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    held: asyncio.Event | None = None
    key: str = "first:{0}"
    stage: str = "scripted"

    async def settle(self, batch: Sequence[Settlement]) -> Settling:
        self.batches.append([each.entry_id for each in batch])
        if self.held:
            await self.held.wait()
        answer = self.answers.pop(0) if self.answers else Settling([], [])
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Told:
    """A settler on a scripted stream, and what it told."""

    stream: Scripted = field(default_factory=Scripted)
    settled: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    written: list[Settlement] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settler = Settler(
            cast("StageStream", self.stream),
            cast("StageMeter", _Meter(self.written)),
            self.settled.extend,
            self.removed.extend,
            lambda: 1.0,
        )

    async def until_idle(self) -> None:
        """Run until nothing more happens by itself."""
        task = asyncio.create_task(self.settler.run())
        for _ in range(50):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass
class _Meter:
    told: list[Settlement]

    def written(self, settlements: Sequence[Settlement]) -> None:
        self.told.extend(settlements)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """A settler whose waits are written down instead of waited for."""
    told = Told()
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        if seconds:
            told.slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr("pipeline.engines.redis.settler.asyncio.sleep", noted)
    return told


def settled(entry_id: str, size: int = 1) -> Settled:
    counted = Counted("emitted", "second", entry_id, 0)
    return Settled(entry_id, (Append("second", 0, ("d", b"x" * size)),), counted=counted)


async def test_what_is_handed_over_is_written_together_and_told(told: Told) -> None:
    batch: list[Settlement] = [settled("1-0"), settled("2-0"), Postponed("3-0", 5, 1, 5)]
    told.settler.add(batch)
    assert [each in told.settler.held for each in ("1-0", "3-0", "4-0")] == [True, True, False]
    assert told.settler.postponed == ["3-0"]
    await told.until_idle()
    assert told.stream.batches == [["1-0", "2-0", "3-0"]]
    assert told.settled == ["1-0", "2-0", "3-0"]
    assert told.written == batch
    assert ("1-0" in told.settler.held, told.settler.postponed, told.removed, told.slept) == (
        False,
        [],
        [],
        [],
    )


async def test_while_one_call_is_under_way_the_next_batch_grows(told: Told) -> None:
    told.stream.held = asyncio.Event()
    told.settler.add([Postponed("1-0", 5, 1, 5)])
    task = asyncio.create_task(told.settler.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    told.settler.add([settled("2-0"), settled("3-0")])
    told.settler.add([Postponed("4-0", 5, 1, 5)])
    assert told.settler.postponed == ["1-0", "4-0"]
    assert "1-0" in told.settler.held
    told.stream.held.set()
    for _ in range(50):
        await asyncio.sleep(0)
    task.cancel()
    assert told.settled == ["1-0", "2-0", "3-0", "4-0"]
    assert told.stream.batches == [["1-0"], ["2-0", "3-0", "4-0"]]


async def test_later_settlements_wake_it_again(told: Told) -> None:
    told.settler.add([settled("1-0")])
    await told.until_idle()
    told.settler.add([settled("2-0")])
    await told.until_idle()
    assert told.stream.batches == [["1-0"], ["2-0"]]


async def test_a_call_holds_no_more_settlements_than_a_script_may_take(told: Told) -> None:
    ids = [f"{number}-0" for number in range(513)]
    told.settler.add([settled(each) for each in ids])
    await told.until_idle()
    assert told.stream.batches == [ids[:512], ids[512:]]


async def test_a_call_holds_no_more_bytes_than_redis_takes_but_one_settlement_at_least(told: Told) -> None:
    limit = 8 * 1024 * 1024
    sizes = [limit + 1, limit - 1, 1, 1]
    told.settler.add([settled(f"{number}-0", size) for number, size in enumerate(sizes)])
    told.settler.add([Postponed("4-0", 5, 1, 5)])
    await told.until_idle()
    assert told.stream.batches == [["0-0"], ["1-0", "2-0"], ["3-0", "4-0"]]


async def test_what_is_forgotten_is_not_written(told: Told) -> None:
    told.settler.add([settled("1-0"), settled("2-0")])
    told.settler.forget({"1-0"})
    assert ("1-0" in told.settler.held, "2-0" in told.settler.held) == (False, True)
    await told.until_idle()
    assert told.stream.batches == [["2-0"]]


async def test_while_redis_is_away_the_same_batch_is_offered_again_later_and_later(told: Told) -> None:
    told.stream.answers = [RedisAway("no answer")] * 7
    told.settler.add([settled("1-0")])
    with capture_logs() as logs:
        await told.until_idle()
    assert told.stream.batches == [["1-0"]] * 8
    assert told.slept == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0]
    assert told.settled == ["1-0"]
    assert logs[0] == {
        "event": "Redis is away; settlements wait", "error": "no answer", "seconds": 0.05, "log_level": "warning",
        "stream": "first:{0}",
    }  # fmt: skip


async def test_the_next_outage_is_waited_out_from_the_beginning(told: Told) -> None:
    told.stream.answers = [RedisAway("a"), RedisAway("b"), Settling([], []), RedisAway("c")]
    for number in range(2):
        told.settler.add([settled(f"{number}-0")])
        await told.until_idle()
    assert told.slept == [0.05, 0.1, 0.05]


async def test_what_another_consumer_owns_is_counted_as_such_and_not_as_written(told: Told) -> None:
    before = SETTLES_FENCED.labels("scripted")._value.get()
    told.stream.answers = [Settling(["1-0", "2-0"], ["3-0"])]
    told.settler.add([settled("1-0"), settled("2-0"), Postponed("3-0", 5, 1, 5), settled("4-0")])
    with capture_logs() as logs:
        await told.until_idle()
    assert SETTLES_FENCED.labels("scripted")._value.get() == before + 2
    assert told.written == [settled("4-0")]
    assert told.removed == ["3-0"]
    assert told.settled == ["1-0", "2-0", "3-0", "4-0"]
    [line] = logs
    assert (line["event"], line["ids"]) == (
        "another consumer owns these entries now; nothing written",
        ["1-0", "2-0"],
    )


async def test_where_redis_was_emptied_the_outcomes_are_named_and_given_up(told: Told) -> None:
    told.stream.answers = [ResponseError("NOGROUP No such key 'first:{0}'")]
    told.settler.add([settled("1-0")])
    with capture_logs() as logs:
        await told.until_idle()
    assert (told.settled, told.written, "1-0" in told.settler.held) == (["1-0"], [], False)
    [line] = logs
    assert (line["event"], line["ids"], line["log_level"]) == (
        "the stream's group is gone; these outcomes are lost", ["1-0"], "error",
    )  # fmt: skip


@pytest.mark.parametrize(
    "error", [ResponseError("ERR user_script: boom"), Fenced("another process has the name")]
)
async def test_any_other_error_ends_it_with_the_batch_unwritten(told: Told, error: Exception) -> None:
    told.stream.answers = [error]
    told.settler.add([settled("1-0")])
    with pytest.raises(type(error)) as raised:
        await told.settler.run()
    assert cast("Any", raised.value) is error
    assert (told.settled, "1-0" in told.settler.held) == ([], True)
