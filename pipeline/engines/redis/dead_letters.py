"""The dead letters of all partitions: list, show, redrive."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from redis.asyncio import Redis

from pipeline.dead_letter import RAW_PREFIX, DeadLetter, read_dead_letter
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script
from pipeline.settlement import DEAD

_PAGE = 100
_ENTRY_ID = re.compile(r"\d{1,20}-\d{1,20}")


class NoSuchDeadLetter(LookupError):
    """No dead letter has this id. `tiktoksales dlq list` shows those there are."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A dead letter and where it lies: `id` is its entry's id in the dead-letter stream of `partition`."""

    id: str
    partition: int
    letter: DeadLetter


class DeadLetters:
    """Reads and redrives the dead letters of `partitions` partitions."""

    def __init__(self, redis: Redis, keys: Keys, partitions: int) -> None:
        self._redis, self._keys, self._partitions = redis, keys, partitions
        self._redrive = Script(redis, "redrive")

    async def all(self, stage: str | None = None) -> AsyncIterator[Listed]:
        """All dead letters, oldest first within a partition; of one stage where it is named."""
        for partition in range(self._partitions):
            start = "-"
            while page := await self._page(partition, start):
                for listed in page:
                    if stage in (None, listed.letter.stage):
                        yield listed
                start = f"({page[-1].id}"

    async def find(self, dead_id: str) -> Listed:
        """The dead letter with this id. Raises NoSuchDeadLetter."""
        for partition in range(self._partitions if _ENTRY_ID.fullmatch(dead_id) else 0):
            if page := await self._page(partition, dead_id, dead_id):
                return page[0]
        raise NoSuchDeadLetter(
            f"There is no dead letter {dead_id}; `tiktoksales dlq list` shows those there are."
        )

    async def redrive(self, listed: Listed) -> str:
        """Move it back into the stream it came from, in one step. Returns the new entry's id.

        Raises NoSuchDeadLetter where somebody else was faster.
        """
        letter = listed.letter
        keys = [
            self._keys.stream(DEAD, listed.partition),
            self._keys.stream(letter.stream, letter.partition),
        ]
        entry_id = await self._redrive(keys, listed.id, RAW_PREFIX)
        if entry_id is None:
            raise NoSuchDeadLetter(f"The dead letter {listed.id} was already redriven or purged.")
        return str(entry_id.decode())

    async def _page(self, partition: int, start: str, end: str = "+") -> list[Listed]:
        entries = await self._redis.execute_command(
            "XRANGE", self._keys.stream(DEAD, partition), start, end, "COUNT", _PAGE
        )
        return [
            Listed(entry_id.decode(), partition, read_dead_letter(fields)) for entry_id, fields in entries
        ]
