"""The newest dead letters, for whoever looks again and again."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from pipeline.dead_letter import read_dead_letter
from pipeline.engines.redis.dead_letters import Listed
from pipeline.engines.redis.keys import Keys
from pipeline.settlement import DEAD

_State = tuple[bytes, int, int]


class NewestDeadLetters:
    """The newest `most` dead letters of each partition. They are read again only once something came or went."""

    def __init__(self, redis: Redis, keys: Keys, partitions: int, most: int = 200) -> None:
        self._redis, self._keys, self._most = redis, keys, most
        self._partitions = range(partitions)
        self._read: dict[int, tuple[_State, tuple[Listed, ...]]] = {}

    async def look(self) -> tuple[Listed, ...]:
        """The newest first. Raises what redis-py raises (see connection.REDIS_AWAY)."""
        found = [listed for partition in self._partitions for listed in await self._of(partition)]
        return tuple(sorted(found, key=lambda listed: _rank(listed.entry_id), reverse=True))

    async def _of(self, partition: int) -> tuple[Listed, ...]:
        key = self._keys.stream(DEAD, partition)
        state = await self._state(key)
        known = self._read.get(partition)
        if known and known[0] == state:
            return known[1]
        entries: list[tuple[bytes, dict[bytes, bytes]]] = await self._redis.execute_command(
            "XREVRANGE", key, "+", "-", "COUNT", self._most
        )
        letters = tuple(
            Listed(entry_id.decode(), partition, read_dead_letter(fields)) for entry_id, fields in entries
        )
        self._read[partition] = (state, letters)
        return letters

    async def _state(self, key: str) -> _State:
        """Differs once a letter came or went."""
        try:
            stream: dict[str, Any] = await self._redis.xinfo_stream(key)
        except ResponseError as error:
            if "no such key" not in str(error):
                raise
            return b"", 0, 0
        return stream["last-generated-id"], int(stream["length"]), int(stream["entries-added"])


def _rank(entry_id: str) -> tuple[int, int]:
    milliseconds, number = entry_id.split("-")
    return int(milliseconds), int(number)
