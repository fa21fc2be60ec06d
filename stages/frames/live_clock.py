"""When a picture of a live stream was shot."""

from __future__ import annotations

WINDOW_SECONDS = 30.0


class LiveClock:
    """Finds the time of day at which a live stream's own clock stood at 0.

    A stream comes in bursts: what it had in store when we connected, then a segment at a time. No picture comes before
    it was shot, so the picture that came with the least delay tells most (the minimum filter of NTP's clock filter
    algorithm, RFC 5905, section 10). The least delay of the current `WINDOW_SECONDS` and of those before counts, so
    that the clock follows one that runs at another speed than ours.
    """

    def __init__(self) -> None:
        self._before = self._least = float("inf")
        self._window_ends = float("-inf")

    def hear(self, arrived: float, zero: float) -> None:
        """A picture came at `arrived`; the stream's clock stood at 0 at `zero` or earlier. Both in epoch seconds."""
        if arrived >= self._window_ends:
            self._before, self._least = self._least, float("inf")
            self._window_ends = arrived + WINDOW_SECONDS
        self._least = min(self._least, zero)

    def time_of(self, seconds: float) -> float:
        """Epoch seconds of a picture at `seconds` of the stream's clock, as far as one knows by now.

        >>> clock = LiveClock()
        >>> for arrived, seconds in ((100.0, 0.0), (100.1, 1.0), (100.2, 2.0), (101.2, 3.0)):
        ...     clock.hear(arrived, arrived - seconds)
        >>> [round(clock.time_of(seconds), 1) for seconds in (0, 3)]
        [98.2, 101.2]
        """
        return min(self._before, self._least) + seconds
