"""The sandbox's time: the wall clock, which tests may move forward."""

from __future__ import annotations

import time
from collections.abc import Callable


class SandboxClock:
    """Unix time in seconds, plus whatever was added by `advance`."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = 0.0

    def now(self) -> float:
        return self._source() + self._ahead

    def advance(self, seconds: float) -> float:
        """Moves time forward and returns the new time; raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("The sandbox's clock only moves forward; send a positive advance_seconds.")
        self._ahead += seconds
        return self.now()
