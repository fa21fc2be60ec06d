"""Python's collector of cyclic garbage, as a process needs it that holds thousands of entries at a time."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Between two looks, by which cycles such as the providers' libraries make with each request go.
_LOOK_SECONDS = 0.25
_SHARE = 0.01  # of the loop's time that looks may take: where thousands of entries are in hand they come less often
_OLDER, _ALL = 10, 240  # each so manyth look is also for what survived one before, or two

# Containers more than at the last look, for what makes cycles while the loop can't look: 50,000 of them are 20 MB. By
# default 700, which a single batch makes many times over.
_MOST_WAITING = 50_000


class _Looks:
    """Looks for garbage by the clock, between two turns of the loop, and never among what was there before, such as
    modules and models. Entries are no cycles, and go at once in any case."""

    def __init__(self) -> None:
        self._loop, self._before, self._done = asyncio.get_running_loop(), gc.get_threshold(), 0
        gc.freeze()
        gc.set_threshold(_MOST_WAITING, *self._before[1:])
        self._next = self._loop.call_later(_LOOK_SECONDS, self._look)

    def end(self) -> None:
        """Have the collector as it was."""
        self._next.cancel()
        gc.set_threshold(*self._before)
        gc.unfreeze()

    def _look(self) -> None:
        begun = time.thread_time()
        self._done += 1
        gc.collect(2 if self._done % _ALL == 0 else 1 if self._done % _OLDER == 0 else 0)
        rest = (time.thread_time() - begun) / _SHARE
        self._next = self._loop.call_later(max(_LOOK_SECONDS, rest), self._look)


# There is one collector, and blocks may overlap.
_looks: _Looks | None = None
_blocks = 0


@contextmanager
def patient_collector() -> Iterator[None]:
    """Until the block ends, look for garbage in calm moments of the running loop, not in the middle of a batch."""
    global _looks, _blocks
    _looks, _blocks = _looks or _Looks(), _blocks + 1
    try:
        yield
    finally:
        _blocks -= 1
        if not _blocks and _looks:
            _looks.end()
            _looks = None
