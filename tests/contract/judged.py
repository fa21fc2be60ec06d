"""What a server thinks of sayings, asked in words short enough for a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.sayings import Bounds, Saying, Sayings

START_MS = 1_790_000_000_000
ANA, BO = ("tiktok", "maya", "ana"), ("tiktok", "maya", "bo")
THREE_IN_TEN = Bounds(3, 10.0, 0.0)
ONCE_IN_TEN = Bounds(None, 10.0, 10.0)


class Judged:
    """A server's judgement."""

    def __init__(self, sayings: Sayings) -> None:
        self._sayings = sayings

    async def __call__(self, *said: tuple[tuple[str, ...], str, float]) -> list[str]:
        """Verdicts on what speakers said, at these seconds."""
        return await self.entries(*((who, words, entry(at)) for who, words, at in said))

    async def entries(self, *said: tuple[tuple[str, ...], str, str]) -> list[str]:
        """The same by the entries' ids."""
        sayings = [Saying(who, words, entry_id) for who, words, entry_id in said]
        return [str(verdict) for verdict in await self._sayings.judge(sayings)]


def entry(at: float) -> str:
    """The id of an entry that came at this second."""
    return f"{START_MS + round(at * 1000)}-0"


@asynccontextmanager
async def judging(redis_url: str, bounds: Bounds) -> AsyncIterator[Judged]:
    """The server's judgement by these bounds."""
    redis = connect(redis_url)
    try:
        yield Judged(Sayings(redis, Keys(), bounds))
    finally:
        await redis.aclose()
