"""Which pictures of a video are taken."""

from __future__ import annotations

import math


class Pace:
    """Takes the first picture of each interval of 1/`fps` seconds of the video's own time, so that what is taken does
    not depend on the video's frame rate, nor drift."""

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._interval: int | None = None

    def takes(self, seconds: float) -> bool:
        """Whether the picture at `seconds` is taken; pictures are asked about in the order of the video. A video whose
        clock jumps, also backwards, goes on from there.

        >>> pace = Pace(2)
        >>> [pace.takes(seconds) for seconds in (0.1, 0.4, 0.5, 0.9, 1.6, 0.2)]
        [True, False, True, False, True, True]
        """
        interval = math.floor(seconds * self._fps)
        if interval == self._interval:
            return False
        self._interval = interval
        return True
