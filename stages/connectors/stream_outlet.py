"""Pushes straight into the public stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.keys import Keys
from stages.connectors.away import Away
from stages.connectors.incoming import Incoming
from stages.sources import Sources


@dataclass(frozen=True, slots=True)
class StreamOutlet:
    """Appends to `comments_stream`, signed as `source` where it has a key."""

    redis: Redis
    keys: Keys
    sources: Sources
    source: str

    async def push(self, batch: Sequence[Incoming]) -> int:
        """As Outlet.push: in one transaction, so all of it or nothing."""
        async with self.redis.pipeline(transaction=True) as pipe:
            for each in batch:
                fields = self.sources.stamp(each.fields(), self.source)
                pipe.execute_command(
                    "XADD", self.keys.comments, "*", *(part for pair in fields.items() for part in pair)
                )
            try:
                await pipe.execute()
            except REDIS_AWAY as error:
                raise Away(f"Redis takes no comments: {error or type(error).__name__}") from error
        return len(batch)
