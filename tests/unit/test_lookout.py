"""New frames are looked at before a claim needs them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any, cast

import numpy as np
from PIL import Image

from stages.adapters.frames import FrameStore
from stages.adapters.lookout import Lookout
from stages.adapters.matcher import FrameDescription, Matcher
from stages.adapters.sight import Sight

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Describer:
    """Remembers how wide each frame is, and says when it has seen `enough` of them."""

    def __init__(self, enough: int = 2) -> None:
        self.widths: list[int] = []
        self._enough, self.has_seen_enough = enough, Event()

    def describe(self, frame: Image.Image) -> FrameDescription:
        self.widths.append(frame.width)
        if len(self.widths) == self._enough:
            self.has_seen_enough.set()
        return FrameDescription(np.zeros((1, 2), np.float32), ())


@dataclass(frozen=True)
class Comment:
    """Written under ana's stream."""

    timestamp: datetime
    streamer: str = "ana"
    frame_urls: Sequence[str] = ()


def jpeg(width: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, 8)).save(file, "jpeg")
    return file.getvalue()


async def test_a_frame_that_was_shot_after_a_claim_is_looked_at_before_the_next(tmp_path: Path) -> None:
    store, describer, now = FrameStore(tmp_path.as_uri()), Describer(), [NOON]
    sight = Sight(store, cast(Matcher, describer), window_seconds=12, limit=6, now=lambda: now[0])
    try:
        await store.put("ana", NOON - timedelta(seconds=5), jpeg(10))
        await sight.of(Comment(NOON), 2.0)
        now[0] = NOON + timedelta(seconds=3)
        await store.put("ana", NOON + timedelta(seconds=2), jpeg(20))
        assert await asyncio.to_thread(describer.has_seen_enough.wait, 20)
        seen = await sight.of(Comment(NOON + timedelta(seconds=5)), 2.0)
        assert len(seen) == 2
        assert describer.widths == [10, 20]
    finally:
        await sight.close()
        await store.close()


async def test_whoever_was_held_up_looks_at_all_that_came_meanwhile(tmp_path: Path) -> None:
    store, describer, now = FrameStore(tmp_path.as_uri()), Describer(enough=3), [NOON]
    sight = Sight(store, cast(Matcher, describer), window_seconds=12, limit=6, now=lambda: now[0])
    try:
        await store.put("ana", NOON - timedelta(seconds=5), jpeg(10))
        await sight.of(Comment(NOON), 2.0)
        await store.put("ana", NOON + timedelta(seconds=2), jpeg(20))
        await store.put("ana", NOON + timedelta(seconds=6), jpeg(30))
        now[0] = NOON + timedelta(seconds=7)
        assert await asyncio.to_thread(describer.has_seen_enough.wait, 20)
        assert describer.widths == [10, 20, 30]
    finally:
        await sight.close()
        await store.close()


async def test_nobody_looks_ahead_for_a_comment_of_old(tmp_path: Path) -> None:
    store, describer = FrameStore(tmp_path.as_uri()), Describer()
    await store.put("ana", NOON, jpeg(10))
    sight = Sight(store, cast(Matcher, describer), window_seconds=12, limit=6, now=lambda: NOON)
    assert await sight.of(Comment(NOON - timedelta(hours=1)), 2.0) == []
    await sight.close()
    assert describer.widths == []


async def test_a_streamer_is_watched_until_no_claims_come_any_more() -> None:
    looks: list[str] = []
    ended = asyncio.Event()
    ticks = count()

    async def look(streamer: str) -> None:
        looks.append(streamer)
        if len(looks) == 3:
            ended.set()
        if len(looks) % 2:
            raise OSError("the store is away")

    def clock() -> Any:
        return next(ticks)

    lookout = Lookout(look, watch_seconds=4, every_seconds=0, clock=clock)
    lookout.claimed("ana")
    async with asyncio.timeout(10):
        await ended.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    assert lookout.watched == frozenset()
    assert looks == ["ana"] * 3
    await lookout.close()
