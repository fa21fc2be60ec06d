"""A stage's handler at work on what its consumer has in hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from redis.exceptions import ResponseError
from structlog.contextvars import bound_contextvars

from pipeline.cancellation import cancel, together
from pipeline.decision import Decider, Work
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.patience import Patience
from pipeline.engines.redis.streams import StageStream
from pipeline.execution import execute
from pipeline.meter import StageMeter
from pipeline.settlement import Delivery, Settlement
from pipeline.stage import Outcome, Reject, Retry, Stage


class Hand(Protocol):
    """Holds the deliveries that are worked on."""

    def holds(self, delivery: Delivery) -> bool:
        """Whether this very delivery is in hand: the entry may have been lost, and even have come back."""

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
        self._stage, self._stream, self._hand = stage, stream, hand
        self._decider, self._patience, self._meter = decider, patience, meter
        self._queue: list[Work] = []
        self._filled = asyncio.Event()
        self._suspects: asyncio.Queue[Work] = asyncio.Queue()
        self._handlers: dict[asyncio.Task[None], Sequence[Work]] = {}
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._take = stage.limits.batch_size if stage.batch else 1
        self._slots = asyncio.Semaphore(1 if stage.batch else stage.limits.concurrency)

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
        for task, works in self._handlers.items():
            deliveries = [work.delivery for work in works]
            is_meant = not given_up.isdisjoint([delivery.entry_id for delivery in deliveries])
            if is_meant and not any(map(self._hand.holds, deliveries)):
                task.cancel()

    async def run(self) -> None:
        """Handle until cancelled; the handlers are then cancelled too. Whatever a stage's handler raises is an outcome;
        what this raises is a fault of the runtime."""
        try:
            await together(self._handle_all(), self._handle_suspects(), self._until_broken())
        finally:
            await cancel(self._handlers)

    async def _handle_all(self) -> None:
        while True:
            await self._filled.wait()
            await self._slots.acquire()
            works = self._queue[: self._take]
            del self._queue[: self._take]
            if not self._queue:
                self._filled.clear()
            self._begin([work for work in works if self._hand.holds(work.delivery)])

    async def _handle_suspects(self) -> None:
        """What was in a process' hands when it died, or was taken from it, is handled one at a time, and counted as its
        work begins: so an entry that kills its process is found, and its neighbours don't die for it."""
        while True:
            work = await self._suspects.get()
            await self._slots.acquire()
            if self._hand.holds(work.delivery):
                await self._count(work.delivery)
            await asyncio.wait([self._begin([work] if self._hand.holds(work.delivery) else [])])

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

    def _begin(self, works: Sequence[Work]) -> asyncio.Task[None]:
        # What the handler of a single record logs says of which comment it is.
        told = (
            {"comment_id": works[0].envelope.id, "trace": works[0].envelope.trace} if len(works) == 1 else {}
        )
        with bound_contextvars(**told):
            task = asyncio.create_task(self._handle(works))
        self._handlers[task] = works
        task.add_done_callback(self._has_handled)
        return task

    def _has_handled(self, task: asyncio.Task[None]) -> None:
        del self._handlers[task]
        self._slots.release()
        if not task.cancelled() and (error := task.exception()) and not self._broken.done():
            self._broken.set_exception(error)

    async def _until_broken(self) -> None:
        await self._broken

    async def _handle(self, works: Sequence[Work]) -> None:
        outcomes = await self._outcomes(works)
        done_ms, holds = self._decider.now_ms(), self._hand.holds
        self._hand.settle(
            [
                self._decided(work, outcome, done_ms)
                for work, outcome in zip(works, outcomes, strict=True)
                if holds(work.delivery)
            ]
        )

    async def _outcomes(self, works: Sequence[Work]) -> Sequence[Outcome]:
        if not works:
            return []
        try:
            with self._meter.handling(works):
                return await execute(self._stage, [work.record for work in works])
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody asked for it: something that the handler waited for was cancelled.
            return [Retry("what the handler waited for was cancelled", error="CancelledError")] * len(works)

    def _decided(self, work: Work, outcome: Outcome, done_ms: int) -> Settlement:
        """The settlement, also of an outcome that can't be written: such an entry would be met for ever."""
        try:
            return self._decider.decide(work, outcome, done_ms)
        except Exception as error:
            reason = f"the handler's outcome can't be written: {error!r}"
            return self._decider.decide(work, Reject(ascii(reason), type(error).__name__))
