"""Rounds follow each other at their pace, wait out what is away, and end when they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from pipeline.rounds import Rounds

LONG_SECONDS = 3600.0


class Away(Exception):
    """What the rounds below wait out."""


class Scripted(Rounds):
    """Does what the script says, round by round, and stops after its last line."""

    name = "scripted"

    def __init__(self, *script: bool | Exception, every_seconds: float = 0.001) -> None:
        super().__init__(every_seconds=every_seconds, away=(Away,), patience="it waits")
        self.script, self.begun = list(script), asyncio.Event()

    async def round(self) -> bool:
        said = self.script.pop(0)
        self.begun.set()
        if not self.script:
            self.stop()
        if isinstance(said, Exception):
            raise said
        return said


async def test_rounds_follow_until_they_are_told_to_stop() -> None:
    rounds = Scripted(False, False, False)
    await asyncio.wait_for(rounds.run(), 10)
    assert rounds.script == []


async def test_a_round_that_asks_for_it_is_followed_at_once() -> None:
    rounds = Scripted(True, True, False, every_seconds=LONG_SECONDS)
    await asyncio.wait_for(rounds.run(), 10)
    assert rounds.script == []


async def test_what_is_away_is_said_and_waited_out() -> None:
    rounds = Scripted(Away("no route"), Away(), False)
    with capture_logs() as logs:
        await asyncio.wait_for(rounds.run(), 10)
    assert [(line["event"], line["error"]) for line in logs] == [
        ("it waits", "no route"),
        ("it waits", "Away"),
    ]


async def test_what_is_not_away_ends_them() -> None:
    with pytest.raises(ZeroDivisionError):
        await Scripted(ZeroDivisionError(), False).run()


@pytest.mark.parametrize("ending", [Rounds.stop, Rounds.release], ids=["stop", "release"])
async def test_a_pause_ends_when_they_are_told_to_stop(ending: Callable[[Rounds], None]) -> None:
    rounds = Scripted(False, False, every_seconds=LONG_SECONDS)
    running = asyncio.create_task(rounds.run())
    await rounds.begun.wait()
    ending(rounds)
    await asyncio.wait_for(running, 10)
    assert rounds.script == [False]
