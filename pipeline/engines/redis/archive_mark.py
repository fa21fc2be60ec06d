"""How far the public stream is archived, and whose turn it is to change the archive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script
from pipeline.entry_id import EntryId, id_text, parse_id

TURN_SECONDS = 120.0  # whoever has the turn must have ended, or taken it anew, before that


class ArchiveMark:
    """The id below which every entry of the public stream is archived and verified. Raises what redis-py raises."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._key = redis, keys.archived

    async def read(self) -> EntryId | None:
        """The mark; None where nothing was ever archived."""
        mark: bytes | None = await self._redis.execute_command("GET", self._key)
        return parse_id(mark.decode()) if mark else None


class ArchiveTurn:
    """One process at a time changes the archive: what `forget` has searched is not written again behind its back."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._keys = [keys.archiving]
        self._mark = [keys.archived, keys.archiving]
        self._take, self._give, self._move = (
            Script(redis, "take_turn"),
            Script(redis, "unfence"),
            Script(redis, "move_mark"),
        )
        self._token = uuid4().hex

    async def take(self) -> bool:
        """Take the turn for TURN_SECONDS, or keep it for as long again. Says whether it is ours."""
        return bool(await self._take(self._keys, self._token, int(TURN_SECONDS * 1000)))

    async def move_mark(self, mark: EntryId) -> bool:
        """Move the mark, if the turn is still ours. Says whether it was."""
        return bool(await self._move(self._mark, self._token, id_text(mark)))

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[bool]:
        """The turn for the length of a block; whether it is ours. What it was is given back."""
        ours = await self.take()
        try:
            yield ours
        finally:
            if ours:
                await self._give(self._keys, self._token)
