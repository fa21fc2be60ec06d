"""A stage's handler at work on what its lane has in hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from pipeline.decision import Decider, Work
from pipeline.handler_calls import HandlerCalls
from pipeline.meter import StageMeter
from pipeline.settlement import Settlement
from pipeline.stage import Outcome, Stage


class Hand(Protocol):
    """Holds the deliveries that are worked on."""

    def settle(self, settlement: Settlement) -> None:
        """Take what became of an entry that is in hand."""

    async def begin(self, work: Work) -> None:
        """Set down that the handler of a suspect begins, so that whoever comes after a crash knows."""


class Handling:
    """Runs the handler of `stage` on works, as many at a time as its limits say, and gives `hand` what the outcomes
    come to."""

    def __init__(self, stage: Stage[Any], hand: Hand, decider: Decider, meter: StageMeter) -> None:
        self._hand = hand
        self._queue: asyncio.Queue[Work] = asyncio.Queue()
        self._suspects: asyncio.Queue[Work] = asyncio.Queue()
        self._calls = HandlerCalls(stage, decider, meter, self._ended)

    def add(self, work: Work) -> None:
        """Have it handled as soon as a slot is free."""
        (self._suspects if work.delivery.deliveries > 1 else self._queue).put_nowait(work)

    async def run(self) -> None:
        """Handle until cancelled; see HandlerCalls.run."""
        await self._calls.run(self._handle_all(), self._handle_suspects())

    async def _handle_all(self) -> None:
        while True:
            works = [await self._queue.get()]
            await self._calls.free_slot()
            while len(works) < self._calls.most and not self._queue.empty():
                works.append(self._queue.get_nowait())
            self._calls.begin(works)

    async def _handle_suspects(self) -> None:
        """What was in a process' hands when it died is handled one at a time, and counted as its work begins: so an
        entry that kills its process is found, and its neighbours don't die for it."""
        while True:
            work = await self._suspects.get()
            await self._calls.free_slot()
            await self._hand.begin(work)
            await asyncio.wait([self._calls.begin([work])])

    def _ended(self, works: Sequence[Work], outcomes: Sequence[Outcome]) -> None:
        for settlement in self._calls.decided(works, outcomes):
            self._hand.settle(settlement)
