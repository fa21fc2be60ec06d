"""How often YouTube may be asked, so that the day's quota lasts for a show."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from stages.connectors.youtube.api import CALL_UNITS

_DEFAULT_PAUSE_SECONDS = 5.0  # where a page does not say


def least_seconds(quota_units: float, show_seconds: float) -> float:
    """Seconds from one call to the next by which a show of this length needs no more than these units.

    >>> least_seconds(10_000, 4 * 3600)
    7.2
    """
    return show_seconds * CALL_UNITS / quota_units


@dataclass
class Pace:
    """Waits before each call but the first: as long as YouTube asks for, and `least_seconds` since the call before."""

    least_seconds: float
    clock: Callable[[], float]
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    _called: float | None = field(default=None, init=False)

    async def call(self, pause_seconds: float | None) -> None:
        """Return when the next call may be made. None: YouTube did not say."""
        if self._called is not None:
            asked = _DEFAULT_PAUSE_SECONDS if pause_seconds is None else pause_seconds
            await self.wait(max(asked, self._called + self.least_seconds - self.clock(), 0.0))
        self._called = self.clock()
