"""The dead letters of all partitions: list, find, purge."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis

from pipeline.dead_letter import EVERYTHING, DeadLetter, NoSuchDeadLetter, Selection, read_dead_letter
from pipeline.engines.redis.keys import Keys
from pipeline.settlement import DEAD

_PAGE = 100
_ID = re.compile(r"([0-9]{1,19}-[0-9]{1,19})(?:/([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True)
class Listed:
    """A dead letter and where it lies: `entry_id` in the dead-letter stream of `partition`."""

    entry_id: str
    partition: int
    letter: DeadLetter

    @property
    def id(self) -> str:
        """Its name among all dead letters: the entry's id, and from the second partition on `/` and the partition."""
        return f"{self.entry_id}/{self.partition}" if self.partition else self.entry_id


class DeadLetters:
    """The dead letters of `partitions` partitions. Every method raises what redis-py raises (see
    connection.REDIS_AWAY for what passes by itself)."""

    def __init__(self, redis: Redis, keys: Keys, partitions: int) -> None:
        self._redis, self._keys, self._partitions = redis, keys, partitions
        self._log = structlog.get_logger()

    async def all(self, selection: Selection = EVERYTHING) -> AsyncIterator[Listed]:
        """The selected dead letters, oldest first within a partition, of those that lie there when this begins:
        whoever redrives them does not meet those that fail again."""
        ends = [await self._end(partition, selection) for partition in range(self._partitions)]
        for partition, end in enumerate(ends):
            start = str(selection.since_ms)
            while end and (page := await self._page(partition, start, end)):
                for listed in page:
                    if selection.matches(listed.letter):
                        yield listed
                start = f"({page[-1].entry_id}"

    async def find(self, dead_id: str) -> Listed:
        """The dead letter with this id (see `Listed.id`). Raises NoSuchDeadLetter."""
        if match := _ID.fullmatch(dead_id):
            partition = int(match[2] or 0)
            if partition < self._partitions and (page := await self._page(partition, match[1], match[1])):
                return page[0]
        raise NoSuchDeadLetter(
            f"There is no dead letter {dead_id}; `tiktoksales dlq list` shows those there are."
        )

    async def purge(self, selection: Selection) -> int:
        """Delete the selected dead letters for good, in pages. Returns how many there were; logs their ids."""
        purged = 0
        page: list[Listed] = []
        async for listed in self.all(selection):
            if page and (len(page) == _PAGE or page[0].partition != listed.partition):
                purged += await self._delete(page)
                page = []
            page.append(listed)
        return purged + (await self._delete(page) if page else 0)

    async def delete(self, letters: Sequence[Listed]) -> int:
        """Delete these dead letters for good. Returns how many there still were; logs their ids."""
        deleted = 0
        for partition in range(self._partitions):
            there = [listed for listed in letters if listed.partition == partition]
            for first in range(0, len(there), _PAGE):
                deleted += await self._delete(there[first : first + _PAGE])
        return deleted

    async def _delete(self, page: list[Listed]) -> int:
        ids, partition = [listed.entry_id for listed in page], page[0].partition
        key = self._keys.stream(DEAD, partition)
        deleted = int(await self._redis.execute_command("XDEL", key, *ids))
        self._log.info("dead letters purged", partition=partition, count=deleted, ids=ids)
        return deleted

    async def _page(self, partition: int, start: str, end: str) -> list[Listed]:
        entries = await self._redis.execute_command(
            "XRANGE", self._keys.stream(DEAD, partition), start, end, "COUNT", _PAGE
        )
        return [
            Listed(entry_id.decode(), partition, read_dead_letter(fields)) for entry_id, fields in entries
        ]

    async def _end(self, partition: int, selection: Selection) -> str:
        """The id of the last letter that is old enough; '' where there is none."""
        latest = "+" if selection.before_ms is None else str(selection.before_ms - 1)
        last = await self._redis.execute_command(
            "XREVRANGE", self._keys.stream(DEAD, partition), latest, "-", "COUNT", 1
        )
        return last[0][0].decode() if last else ""
