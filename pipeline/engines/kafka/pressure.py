"""Whether the next stage can't keep up."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable

from pipeline.engines.kafka.connection import KAFKA_AWAY

_LOOK_SECONDS = 1.0
_LOOK_UNDER_PRESSURE_SECONDS = 0.25


class Pressure:
    """A stage takes no more while `next_stage` has `high_water` entries that it has not finished; `lag` tells how many
    it has."""

    def __init__(self, next_stage: str | None, high_water: int, lag: Callable[[str], Awaitable[int]]) -> None:
        self._next_stage, self._high_water, self._lag = next_stage, high_water, lag
        self._is_on, self._look_at = False, 0.0

    def is_on(self) -> bool:
        """Whether it was too much at the last look."""
        return self._is_on

    async def look(self) -> None:
        """Look again, where it is time to. While Kafka is away, what was seen last holds."""
        if self._next_stage is None or time.monotonic() < self._look_at:
            return
        with contextlib.suppress(*KAFKA_AWAY):
            self._is_on = await self._lag(self._next_stage) >= self._high_water
        wait = _LOOK_UNDER_PRESSURE_SECONDS if self._is_on else _LOOK_SECONDS
        self._look_at = time.monotonic() + wait
