"""Keeps a rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """Lets one through every `1 / per_second` seconds, the first at once. Whoever comes late has not saved up: there
    are no bursts, so that what was waited for is never faster than the rate, over any stretch of time.

    `clock` gives seconds that only rise, `sleep` waits for so many."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        if not per_second > 0:
            raise ValueError(f"A rate is above 0 a second, not {per_second:g}.")
        self._gap, self._clock, self._sleep = 1 / per_second, clock, sleep
        self._next = clock()

    async def wait(self) -> None:
        """Wait for the turn."""
        now = self._clock()
        if now < self._next:
            await self._sleep(self._next - now)
        self._next = max(now, self._next) + self._gap
