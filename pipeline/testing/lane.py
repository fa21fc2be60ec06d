"""One stage at work on one partition, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.decision import Decider, Work
from pipeline.execution import execute
from pipeline.reading import Reading
from pipeline.settlement import Settlement
from pipeline.stage import Stage
from pipeline.testing.clock import VirtualClock
from pipeline.testing.stream import MemoryGroup
from pipeline.understanding import understand


class Killed(BaseException):
    """Raise it in a handler: there its process dies. What it had in hand is delivered again, and its deliveries count
    for the stage's `crash_limit`."""


@dataclass(frozen=True, slots=True)
class Lane:
    """`settle` is called with every settlement, as soon as it is decided."""

    stage: Stage[Any]
    group: MemoryGroup
    reading: Reading
    decider: Decider
    settle: Callable[[MemoryGroup, Settlement], None]

    async def round(self, clock: VirtualClock) -> int:
        """Handle at once as many entries as the stage has room for. Returns how many were taken."""
        limits = self.stage.limits
        most = limits.batch_size if self.stage.batch else limits.concurrency
        deliveries = self.group.take(clock.now_ms, most)
        understood = [understand(delivery, self.reading, self.decider) for delivery in deliveries]
        for settlement in understood:
            if not isinstance(settlement, Work):
                self.settle(self.group, settlement)
        works = [work for work in understood if isinstance(work, Work)]
        batches = [works] if self.stage.batch else [[work] for work in works]
        try:
            async with asyncio.TaskGroup() as tasks:
                for batch in filter(None, batches):
                    tasks.create_task(self._handle(batch))
        except* Killed:
            # As after a real crash: all that was in hand stays pending, and the next round takes it up.
            pass
        return len(deliveries)

    async def _handle(self, works: Sequence[Work]) -> None:
        outcomes = await execute(self.stage, [work.record for work in works])
        for work, outcome in zip(works, outcomes, strict=True):
            self.settle(self.group, self.decider.decide(work, outcome))
