"""A stage's handler at work on what its consumer has in hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import Any, Protocol

from redis.exceptions import ResponseError

from pipeline.decision import Decider, Work
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.patience import Patience
from pipeline.engines.redis.streams import StageStream
from pipeline.handler_calls import HandlerCalls
from pipeline.meter import StageMeter
from pipeline.settlement import Delivery, Settlement
from pipeline.stage import Outcome, Stage


class Hand(Protocol):
    """Holds the deliveries that are worked on."""

    def holds(self, works: Sequence[Work]) -> Sequence[bool]:
        """Whether each work's very delivery is in hand: the entry may have been lost, and even have come back."""

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Take what became of entries that are in hand."""

    def lose(self, entry_ids: Sequence[str]) -> None:
        """Let go of entries that are no longer ours."""

    def report_removed(self, entry_ids: Sequence[str]) -> None:
        """Say that somebody else removed these entries."""


class Handling:
    """Runs the handler of `stage` on works, as many at a time as its limits say, and gives `hand` what the outcomes
    come to."""

    def __init__(
        self,
        stage: Stage[Any],
        stream: StageStream,
        hand: Hand,
        decider: Decider,
        patience: Callable[[], Patience],
        meter: StageMeter,
    ) -> None:
        self._stream, self._hand, self._patience = stream, hand, patience
        self._queue: list[Work] = []
        self._filled = asyncio.Event()
        self._suspects: asyncio.Queue[Work] = asyncio.Queue()
        self._calls = HandlerCalls(stage, decider, meter, self._ended)

    def add(self, works: Iterable[Work]) -> None:
        """Have them handled as soon as a slot is free."""
        for work in works:
            if work.delivery.deliveries > 1:
                self._suspects.put_nowait(work)
            else:
                self._queue.append(work)
        if self._queue:
            self._filled.set()

    def give_up(self, entry_ids: Sequence[str]) -> None:
        """Cancel the handlers of these entries, which are no longer in hand, unless they work on others that are."""
        given_up = set(entry_ids)
        for task, works in self._calls.under_way.items():
            is_meant = not given_up.isdisjoint([work.delivery.entry_id for work in works])
            if is_meant and not any(self._hand.holds(works)):
                task.cancel()

    async def run(self) -> None:
        """Handle until cancelled; see HandlerCalls.run."""
        await self._calls.run(self._handle_all(), self._handle_suspects())

    async def _handle_all(self) -> None:
        while True:
            await self._filled.wait()
            await self._calls.free_slot()
            works = self._queue[: self._calls.most]
            del self._queue[: self._calls.most]
            if not self._queue:
                self._filled.clear()
            self._calls.begin(self._held(works))

    async def _handle_suspects(self) -> None:
        """What was in a process' hands when it died, or was taken from it, is handled one at a time, and counted as its
        work begins: so an entry that kills its process is found, and its neighbours don't die for it."""
        while True:
            work = await self._suspects.get()
            await self._calls.free_slot()
            if self._held([work]):
                await self._count(work.delivery)
            await asyncio.wait([self._calls.begin(self._held([work]))])

    async def _count(self, delivery: Delivery) -> None:
        """Lets the entry go where it is no longer ours, or nobody's: Redis was emptied."""
        patience = self._patience()
        while True:
            try:
                begun = await self._stream.begin(delivery.entry_id, delivery.deliveries)
            except REDIS_AWAY as error:
                await asyncio.sleep(patience.after(error))
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                return self._hand.lose([delivery.entry_id])
            else:
                self._hand.report_removed(begun.gone)
                return self._hand.lose([*begun.lost, *begun.gone])

    def _held(self, works: Sequence[Work]) -> list[Work]:
        return list(compress(works, self._hand.holds(works)))

    def _ended(self, works: Sequence[Work], outcomes: Sequence[Outcome]) -> None:
        held = self._hand.holds(works)
        if not all(held):
            works, outcomes = list(compress(works, held)), list(compress(outcomes, held))
        self._hand.settle(self._calls.decided(works, outcomes))
