"""Deletes frames that have become old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pipeline.rounds import Errand
from stages.adapters.frames import FrameStore, UnreachableFrames
from stages.frames.metrics import DELETED

EVERY_SECONDS = 60.0


def retention(store: FrameStore, streamer: str, keep: timedelta, now: Callable[[], datetime]) -> Errand:
    """The agent that deletes the streamer's frames once they are older than `keep`, every minute."""

    async def delete_old() -> None:
        DELETED.labels(streamer).inc(await store.delete_before(streamer, now() - keep))

    return Errand("frames' retention", delete_old, away=(UnreachableFrames,), every_seconds=EVERY_SECONDS)
