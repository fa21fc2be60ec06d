"""What a stage prepares waits for what is away, and for nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from pipeline.preparation import prepare
from pipeline.stage import Stage
from tests.contract.scene import Item, done, stage


class Shelves:
    """Can be filled after so many tries."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.filled = list(errors), asyncio.Event()

    async def fill(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.filled.set()

    def stage(self) -> Stage[Item]:
        return replace(stage("first", done, away=(ConnectionError,)), prepare=self.fill)


async def test_what_is_away_is_waited_for() -> None:
    shelves = Shelves(ConnectionError("no route"), ConnectionError())
    with capture_logs() as logs:
        await prepare(shelves.stage(), asyncio.Event(), lambda: 0.0)
    assert shelves.filled.is_set()
    assert [(line["stage"], line["error"]) for line in logs] == [
        ("first", "no route"),
        ("first", "ConnectionError"),
    ]


async def test_waiting_ends_where_the_stage_is_stopped() -> None:
    shelves, stopping = Shelves(*[ConnectionError()] * 2), asyncio.Event()

    def stop() -> float:
        stopping.set()
        return 1.0

    await prepare(shelves.stage(), stopping, stop)
    assert len(shelves.errors) == 1
    assert not shelves.filled.is_set()


async def test_what_does_not_pass_is_raised() -> None:
    with pytest.raises(ValueError, match="no such picture"):
        await prepare(Shelves(ValueError("no such picture")).stage(), asyncio.Event(), lambda: 0.0)
