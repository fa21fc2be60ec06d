"""Where the windows are put up for the console to read: a short memory in Redis, which forgets by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from redis.asyncio import Redis

from pipeline.decision import partition_of
from pipeline.engines.redis.keys import Keys
from stages.analytics.windows import WINDOWS_SECONDS, Window

KEPT_SECONDS = 15
"""What has not been put up again for so long is not known any more."""
_QUIET = tuple(Window(seconds) for seconds in WINDOWS_SECONDS)


class Board:
    """One text for each partition: whoever counts a partition puts up all its streamers at once."""

    def __init__(self, redis: Redis, keys: Keys, partitions: int) -> None:
        self._redis, self._keys, self._partitions = redis, keys, partitions

    async def put_up(self, partition: int, shows: Mapping[str, tuple[Window, ...]]) -> None:
        """In place of what was there. Raises what redis-py raises."""
        text = orjson.dumps({who: [asdict(window) for window in windows] for who, windows in shows.items()})
        await self._redis.set(self._keys.analytics(partition), text, ex=KEPT_SECONDS)

    async def read(self, streamer: str) -> tuple[Window, ...] | None:
        """The streamer's windows; None where nobody counts them now. Raises what redis-py raises."""
        partition = partition_of(streamer, self._partitions)
        text = await self._redis.get(self._keys.analytics(partition))
        if text is None:
            return None
        kept = orjson.loads(text).get(streamer)
        # Whoever counts the partition and says nothing of the streamer has seen nothing of them.
        return _QUIET if kept is None else tuple(_window(each) for each in kept)


def _window(kept: Mapping[str, Any]) -> Window:
    pairs = {name: tuple((key, count) for key, count in kept[name]) for name in ("revenue", "questions")}
    return Window(**{**kept, **pairs})
