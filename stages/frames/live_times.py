"""The shots of a live stream with their times of day."""

from __future__ import annotations

from collections.abc import Iterator

from stages.frames.footage import Shot
from stages.frames.live_clock import LiveClock

SETTLE_SECONDS = 2.0  # in which what the stream had in store for us arrives
_BACK_SECONDS = 1.0


class LiveTimes:
    """Holds the first shots back until it is known when they were shot, `SETTLE_SECONDS` after the first came; later
    ones come out at once. A stream whose clock jumps back (its encoder began anew) is found out anew."""

    def __init__(self) -> None:
        self._clock, self._settled_at = LiveClock(), float("inf")
        self._held: list[Shot] = []
        self._last_seconds = float("-inf")

    def add(self, shot: Shot, arrived: float) -> Iterator[tuple[float, Shot]]:
        """Take a shot that came at `arrived`; gives those whose time (epoch seconds) is known now, in their order."""
        if shot.seconds < self._last_seconds - _BACK_SECONDS:
            yield from self.rest()
            self._clock, self._settled_at = LiveClock(), float("inf")
        self._last_seconds = shot.seconds
        self._clock.hear(arrived, shot.zero)
        self._settled_at = min(self._settled_at, arrived + SETTLE_SECONDS)
        self._held.append(shot)
        if arrived >= self._settled_at:
            yield from self.rest()

    def held_for(self, now: float) -> float | None:
        """Seconds until those held back come out by `rest`; None where there are none."""
        return max(0.0, self._settled_at - now) if self._held else None

    def rest(self) -> Iterator[tuple[float, Shot]]:
        """Those held back, with the best times that can be told."""
        held, self._held = self._held, []
        yield from ((self._clock.time_of(shot.seconds), shot) for shot in held)
