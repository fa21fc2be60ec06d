"""Calls of a stage's handler: the same on every engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias

from structlog.contextvars import bound_contextvars

from pipeline.cancellation import cancel, together
from pipeline.decision import Decider, Work
from pipeline.execution import execute
from pipeline.meter import StageMeter
from pipeline.settlement import Settlement
from pipeline.stage import Outcome, Reject, Retry, Stage

Ended: TypeAlias = Callable[[Sequence[Work], Sequence[Outcome]], None]
"""Takes the outcomes of a call, in the order of its works; what it raises is a fault of the runtime."""


class HandlerCalls:
    """Calls the handler of `stage`, as many times at once as its limits say. Each call takes a free slot, which
    `begin` gives back at its end."""

    def __init__(self, stage: Stage[Any], decider: Decider, meter: StageMeter, ended: Ended) -> None:
        self._stage, self._decider, self._meter, self._ended = stage, decider, meter, ended
        self.under_way: dict[asyncio.Task[None], Sequence[Work]] = {}
        """The calls, with their works."""
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._slots = asyncio.Semaphore(1 if stage.batch else stage.limits.concurrency)
        self.most = stage.limits.batch_size if stage.batch else 1
        """Works that one call takes."""

    async def free_slot(self) -> None:
        """Wait for a free slot, and take it."""
        await self._slots.acquire()

    def begin(self, works: Sequence[Work]) -> asyncio.Task[None]:
        """Call the handler with these works, in the slot that was taken; without any, the slot is given back. The task
        ends once `ended` has the outcomes; cancelled, it has none."""
        # What the handler of a single record logs says of which comment it is.
        told = (
            {"comment_id": works[0].envelope.id, "trace": works[0].envelope.trace} if len(works) == 1 else {}
        )
        with bound_contextvars(**told):
            task = asyncio.create_task(self._call(works))
        self.under_way[task] = works
        task.add_done_callback(self._has_ended)
        return task

    async def run(self, *taking: Coroutine[Any, Any, None]) -> None:
        """Run what takes works and begins their calls, until cancelled; the calls are then cancelled too. Whatever a
        stage's handler raises is an outcome; what this raises is a fault of the runtime."""
        try:
            await together(*taking, self._until_broken())
        finally:
            await cancel(self.under_way)

    def decided(self, works: Sequence[Work], outcomes: Sequence[Outcome]) -> list[Settlement]:
        """The settlements, also of an outcome that can't be written: such an entry would be met for ever."""
        decide, done_ms, settlements = self._decider.decide, self._decider.now_ms(), []
        for work, outcome in zip(works, outcomes, strict=True):
            try:
                settlements.append(decide(work, outcome, done_ms))
            except Exception as error:
                reason = f"the handler's outcome can't be written: {error!r}"
                settlements.append(decide(work, Reject(ascii(reason), type(error).__name__)))
        return settlements

    async def _until_broken(self) -> None:
        await self._broken

    async def _call(self, works: Sequence[Work]) -> None:
        self._ended(works, await self._outcomes(works) if works else ())

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

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        del self.under_way[task]
        self._slots.release()
        if not task.cancelled() and (error := task.exception()) and not self._broken.done():
            self._broken.set_exception(error)
