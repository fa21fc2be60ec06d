"""Time that passes only when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_START = datetime(2026, 1, 1, tzinfo=UTC)


class VirtualClock:
    """Gives epoch seconds when called, and `utc_now` to whoever wants it aware; stands still in between.

    >>> clock = VirtualClock()
    >>> clock.advance(90)
    >>> clock.utc_now().isoformat()
    '2026-01-01T00:01:30+00:00'
    """

    def __init__(self, start: datetime = _START) -> None:
        self._now = start.astimezone(UTC)

    def __call__(self) -> float:
        return self._now.timestamp()

    @property
    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return int(self() * 1000)

    def utc_now(self) -> datetime:
        """The time, aware."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let so much time pass. Raises ValueError where it is negative."""
        if seconds < 0:
            raise ValueError(f"Time passes forward only, not by {seconds:g} seconds.")
        self._now += timedelta(seconds=seconds)

    def move_to(self, epoch_ms: int) -> None:
        """Let time pass until then; where that is past, nothing happens."""
        # To the microsecond below, int(seconds * 1000) could be one millisecond short.
        then = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=epoch_ms, microseconds=1)
        self._now = max(self._now, then)
