"""Claims that come together ask the store once which frames there are."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from stages.adapters.frame_listings import FrameListings
from stages.adapters.frames import FrameKey, FrameStore, UnreachableFrames

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WINDOW = timedelta(seconds=12)


class CountingStore:
    """A real store; counts how often it is asked, and is away the first `away` times."""

    def __init__(self, store: FrameStore, away: int = 0) -> None:
        self.store, self.asked, self._away = store, 0, away

    async def window(self, streamer: str, start: datetime, end: datetime, limit: int) -> list[FrameKey]:
        self.asked += 1
        if self.asked <= self._away:
            raise UnreachableFrames("the store is away")
        return await self.store.window(streamer, start, end, limit)


async def filled(folder: Path) -> FrameStore:
    store = FrameStore(folder.as_uri())
    for number in range(-20, 20):
        await store.put("ana", NOON + timedelta(seconds=2 * number), b"frame")
    return store


@pytest.mark.parametrize("limit", [1, 4, 6, 50])
@pytest.mark.parametrize("seconds", [-12, -3.5, 0, 5, 12])
async def test_a_window_has_the_frames_that_the_store_would_have_named(
    tmp_path: Path, limit: int, seconds: float
) -> None:
    store = await filled(tmp_path)
    listings = FrameListings(store, reach=WINDOW, clock=lambda: 0.0)
    await listings.window("ana", NOON - WINDOW, NOON, 6)
    end = NOON + timedelta(seconds=seconds)
    expected = await store.window("ana", end - WINDOW, end, limit)
    assert await listings.window("ana", end - WINDOW, end, limit) == expected


async def test_the_store_is_asked_once_as_long_as_the_answer_is_fresh(tmp_path: Path) -> None:
    now = [0.0]
    counting = CountingStore(await filled(tmp_path))
    listings = FrameListings(cast(FrameStore, counting), reach=WINDOW, clock=lambda: now[0])

    async def ask(seconds: float = 0.0) -> list[FrameKey]:
        end = NOON + timedelta(seconds=seconds)
        return await listings.window("ana", end - WINDOW, end, 6)

    await asyncio.gather(ask(), ask(1), ask(-1))
    assert counting.asked == 1
    await ask(13)  # beyond what was listed
    assert counting.asked == 2
    now[0] = 1.0
    await ask(13)
    assert counting.asked == 3
    listings.forget("ana")
    await ask(13)
    assert counting.asked == 4


async def test_a_store_that_was_away_is_asked_again(tmp_path: Path) -> None:
    counting = CountingStore(await filled(tmp_path), away=1)
    listings = FrameListings(cast(FrameStore, counting), reach=WINDOW, clock=lambda: 0.0)
    with pytest.raises(UnreachableFrames):
        await listings.window("ana", NOON - WINDOW, NOON, 6)
    assert len(await listings.window("ana", NOON - WINDOW, NOON, 6)) == 6
