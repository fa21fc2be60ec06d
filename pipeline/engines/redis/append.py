"""Appends from outside the stages."""

from __future__ import annotations

from collections.abc import Mapping

from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script
from pipeline.envelope import Envelope

_MARK_SECONDS = 7 * 24 * 3600


class RedisAppender:
    """Appends comments to the public stream, and relayed records to the stages' streams."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys
        self._once = Script(redis, "append_once")

    async def comment(self, fields: Mapping[str, str]) -> str:
        """Append to the public stream. Returns the entry's id once Redis has acknowledged it."""
        entry_id: bytes = await self._redis.execute_command(
            "XADD", self._keys.comments, "*", *(part for pair in fields.items() for part in pair)
        )
        return entry_id.decode()

    async def __call__(self, stage: str, partition: int, record_id: str, envelope: Envelope) -> None:
        """Append to a stage's stream, unless this record was appended before (remembered for a week)."""
        keys = [self._keys.stream(stage, partition), self._keys.once(record_id, partition)]
        await self._once(keys, _MARK_SECONDS, *envelope.fields())
