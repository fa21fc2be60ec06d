"""A stage's handler at work on what its lane has in hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from structlog.contextvars import bound_contextvars

from pipeline.cancellation import cancel, together
from pipeline.decision import Decider, Work
from pipeline.execution import execute
from pipeline.meter import StageMeter
from pipeline.settlement import Settlement
from pipeline.stage import Outcome, Reject, Retry, Stage


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
        self._stage, self._hand, self._decider, self._meter = stage, hand, decider, meter
        self._queue: asyncio.Queue[Work] = asyncio.Queue()
        self._suspects: asyncio.Queue[Work] = asyncio.Queue()
        self._handlers: set[asyncio.Task[None]] = set()
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._take = stage.limits.batch_size if stage.batch else 1
        self._slots = asyncio.Semaphore(1 if stage.batch else stage.limits.concurrency)

    def add(self, work: Work) -> None:
        """Have it handled as soon as a slot is free."""
        (self._suspects if work.delivery.deliveries > 1 else self._queue).put_nowait(work)

    async def run(self) -> None:
        """Handle until cancelled; the handlers are then cancelled too. Whatever a stage's handler raises is an outcome;
        what this raises is a fault of the runtime."""
        try:
            await together(self._handle_all(), self._handle_suspects(), self._until_broken())
        finally:
            await cancel(self._handlers)

    async def _handle_all(self) -> None:
        while True:
            works = [await self._queue.get()]
            await self._slots.acquire()
            while len(works) < self._take and not self._queue.empty():
                works.append(self._queue.get_nowait())
            self._begin(works)

    async def _handle_suspects(self) -> None:
        """What was in a process' hands when it died is handled one at a time, and counted as its work begins: so an
        entry that kills its process is found, and its neighbours don't die for it."""
        while True:
            work = await self._suspects.get()
            await self._slots.acquire()
            await self._hand.begin(work)
            await asyncio.wait([self._begin([work])])

    def _begin(self, works: Sequence[Work]) -> asyncio.Task[None]:
        # What the handler of a single record logs says of which comment it is.
        told = (
            {"comment_id": works[0].envelope.id, "trace": works[0].envelope.trace} if len(works) == 1 else {}
        )
        with bound_contextvars(**told):
            task = asyncio.create_task(self._handle(works))
        self._handlers.add(task)
        task.add_done_callback(self._has_handled)
        return task

    def _has_handled(self, task: asyncio.Task[None]) -> None:
        self._handlers.discard(task)
        self._slots.release()
        if not task.cancelled() and (error := task.exception()) and not self._broken.done():
            self._broken.set_exception(error)

    async def _until_broken(self) -> None:
        await self._broken

    async def _handle(self, works: Sequence[Work]) -> None:
        outcomes = await self._outcomes(works)
        for work, outcome in zip(works, outcomes, strict=True):
            self._hand.settle(self._decided(work, outcome))

    async def _outcomes(self, works: Sequence[Work]) -> Sequence[Outcome]:
        try:
            with self._meter.handling(works):
                return await execute(self._stage, [work.record for work in works])
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody asked for it: something that the handler waited for was cancelled.
            return [Retry("what the handler waited for was cancelled", error="CancelledError")] * len(works)

    def _decided(self, work: Work, outcome: Outcome) -> Settlement:
        """The settlement, also of an outcome that can't be written: such an entry would be met for ever."""
        try:
            return self._decider.decide(work, outcome)
        except Exception as error:
            reason = f"the handler's outcome can't be written: {error!r}"
            return self._decider.decide(work, Reject(ascii(reason), type(error).__name__))
