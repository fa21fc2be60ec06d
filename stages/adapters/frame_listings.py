"""Which frames there are, asked once for all claims that come together."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stages.adapters.frames import FrameKey, FrameStore, thin

_KEPT = 1_000  # streamers
_ALL = 10_000  # frames of a listing


@dataclass(frozen=True, slots=True)
class _Listing:
    """All frames from `start` to `end`, as they lay in the store at `asked`."""

    asked: float
    start: datetime
    end: datetime
    keys: asyncio.Task[list[FrameKey]]


class FrameListings:
    """Lists a streamer's frames once in `fresh_seconds`, from `reach` before what is asked for to `reach` after it; so
    a frame may be noticed so much late. `clock` counts seconds."""

    def __init__(
        self, frames: FrameStore, *, reach: timedelta, clock: Callable[[], float], fresh_seconds: float = 0.5
    ) -> None:
        self._frames, self._reach = frames, reach
        self._clock, self._fresh_seconds = clock, fresh_seconds
        self._kept: OrderedDict[str, _Listing] = OrderedDict()

    async def window(self, streamer: str, start: datetime, end: datetime, limit: int) -> list[FrameKey]:
        """As FrameStore.window."""
        kept = self._kept.get(streamer)
        if kept is None or not self._serves(kept, start, end):
            kept = self._ask(streamer, start - self._reach, end + self._reach)
        # Who gives up waiting must not take the listing from the others.
        keys = await asyncio.shield(kept.keys)
        return thin([key for key in keys if start <= key.at <= end], limit)

    def forget(self, streamer: str) -> None:
        """There is a new frame: ask again."""
        self._kept.pop(streamer, None)

    def _serves(self, kept: _Listing, start: datetime, end: datetime) -> bool:
        has_failed = kept.keys.done() and (kept.keys.cancelled() or kept.keys.exception() is not None)
        is_fresh = self._clock() - kept.asked < self._fresh_seconds
        return is_fresh and not has_failed and kept.start <= start and end <= kept.end

    def _ask(self, streamer: str, start: datetime, end: datetime) -> _Listing:
        task = asyncio.create_task(self._frames.window(streamer, start, end, _ALL))
        kept = self._kept[streamer] = _Listing(self._clock(), start, end, task)
        self._kept.move_to_end(streamer)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return kept
