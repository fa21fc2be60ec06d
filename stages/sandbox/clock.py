"""The sandbox's time: the wall clock, which tests may move forward."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_LONGEST_SLEEP_SECONDS = 3600.0


class SandboxClock:
    """Unix time in seconds, plus whatever was added by `advance`."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = 0.0

    def now(self) -> float:
        return self._source() + self._ahead

    async def rest_until(self, due_at: float | None, news: asyncio.Event) -> None:
        """Returns when it is `due_at` (None: nothing is), when there is `news`, and after an hour at the latest."""
        pause = _LONGEST_SLEEP_SECONDS if due_at is None else max(0.0, due_at - self.now())
        try:
            async with asyncio.timeout(min(pause, _LONGEST_SLEEP_SECONDS)):
                await news.wait()
        except TimeoutError:
            return

    def advance(self, seconds: float) -> float:
        """Moves time forward and returns the new time; raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("The sandbox's clock only moves forward; send a positive advance_seconds.")
        self._ahead += seconds
        return self.now()
