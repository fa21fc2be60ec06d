"""How fast messages may leave one sender: a token bucket of one second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class MessageRate:
    """At most `per_second` messages in a second, counted in this process alone; `clock` gives seconds that never go
    back.

    A full bucket lets one second's messages leave at once; after that they leave evenly.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval, self._burst = 1 / per_second, max(1.0, per_second)
        self._clock, self._sleep = clock, sleep
        self._full_at = clock()  # when the bucket is full again

    @property
    def wait_seconds(self) -> float:
        """How long the next message would have to wait."""
        return max(0.0, self._full_at - (self._burst - 1) * self._interval - self._clock())

    async def take_turn(self) -> None:
        """Return when the message may leave."""
        wait = self.wait_seconds
        self._full_at = max(self._full_at, self._clock()) + self._interval
        if wait > 0:
            await self._sleep(wait)
