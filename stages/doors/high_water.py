"""The gateway's high-water mark: takes no comment while too many wait to be read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

LOOK_SECONDS = 0.25  # the least time between two look-ups
_LONGEST_REST_SECONDS = 5.0
_REST_PER_LOOK = 20  # so a look-up that makes the server count takes at most a twentieth of its time

Unread = Callable[[int], Awaitable[int]]
"""How many comments the pipeline was not given yet, counted up to one more than the number asked for."""


class Congested(Exception):
    """More comments wait than the mark allows; this one was not kept."""

    def __init__(self, mark: int) -> None:
        super().__init__(
            f"More than {mark:,} comments wait to be read; this one was not kept. Please send it again later."
        )


class HighWater:
    """Looks at most every LOOK_SECONDS whether more than `mark` comments wait; `clock` gives seconds that never go
    back. In between the last answer holds, so the mark may be passed by what comes in meanwhile."""

    def __init__(self, unread: Unread, mark: int, clock: Callable[[], float]) -> None:
        self._unread, self._mark, self._clock = unread, mark, clock
        self._over = False
        self._look_again_at = clock()
        self._look: asyncio.Task[None] | None = None

    async def check(self) -> None:
        """Return where another comment may come in. Raises Congested, and what the look-up raises: a failed one is
        tried again by the next caller, while callers at the same time share one."""
        if self._look is None and self._clock() >= self._look_again_at:
            self._look = asyncio.create_task(self._look_now())
        if self._look is not None:
            # A client that hangs up takes the answer from nobody else.
            await asyncio.shield(self._look)
        if self._over:
            raise Congested(self._mark)

    async def _look_now(self) -> None:
        begun = self._clock()
        try:
            self._over = await self._unread(self._mark) > self._mark
            done = self._clock()
            rest = min(_REST_PER_LOOK * (done - begun), _LONGEST_REST_SECONDS)
            self._look_again_at = max(begun + LOOK_SECONDS, done + rest)
        finally:
            self._look = None
