"""What the host pinned, remembered for some seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class Pins(Protocol):
    """Where it is known what was pinned when."""

    async def pinned(self, streamer: str, at: datetime) -> str | None:
        """The sku that the streamer pinned last, at `at` or before; None where nothing is known of any."""
        ...


@dataclass(frozen=True, slots=True)
class _Answer:
    asked: float
    at: datetime
    sku: str | None


class FreshPins:
    """Asks `pins` once in `fresh_seconds` for each streamer: an answer serves comments written up to that much before
    or after the one it was asked for, so a pin may be noticed so late. `clock` counts seconds."""

    def __init__(self, pins: Pins, *, clock: Callable[[], float], fresh_seconds: float = 2.0) -> None:
        self._pins, self._clock, self._fresh_seconds = pins, clock, fresh_seconds
        self._kept: dict[str, _Answer] = {}

    async def pinned(self, streamer: str, at: datetime) -> str | None:
        """As `Pins.pinned`, some seconds old at most."""
        kept = self._kept.get(streamer)
        if kept is None or not self._serves(kept, at):
            kept = _Answer(self._clock(), at, await self._pins.pinned(streamer, at))
            self._kept[streamer] = kept
        return kept.sku

    def _serves(self, kept: _Answer, at: datetime) -> bool:
        apart = abs(at - kept.at)
        return self._clock() - kept.asked < self._fresh_seconds and apart < timedelta(
            seconds=self._fresh_seconds
        )
