"""How far a stage has come in the public stream."""

from __future__ import annotations

from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script
from pipeline.entry_id import FIRST, EntryId, after, parse_id


class Standing:
    """Reads only."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._key = keys.comments
        self._read = Script(redis, "standing")

    async def unfinished_from(self, stage: str) -> EntryId:
        """The id below which the stage has finished everything in the public stream. Raises what redis-py raises."""
        found = await self._read([self._key], stage)
        if not found:
            return FIRST
        given, pending = (text.decode() for text in found)
        return parse_id(pending) if pending else after(parse_id(given))
