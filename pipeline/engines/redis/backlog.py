"""How much of a stream a consumer group has still to do."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from pipeline.engines.redis.scripts import Script

_PAGE = 1000  # entries counted by one script: about 2.5 ms in which the server serves nobody else


@dataclass(frozen=True, slots=True)
class _Group:
    """How far a group is. `lag` is None where the server does not know it."""

    last_delivered: str
    lag: int | None


class Backlog:
    """What `group` has still to do of the stream `key`.

    Every method raises what redis-py raises (see connection.REDIS_AWAY for what passes by itself).
    """

    def __init__(self, redis: Redis, key: str, group: str) -> None:
        self._redis, self._key, self._group = redis, key, group
        self._count_after = Script(redis, "count_after")
        self._oldest_unfinished = Script(redis, "oldest_unfinished")

    async def unread(self, most: int) -> int:
        """How many entries the group was not given yet, counted up to `most + 1`, which stands for "more than most".

        The server knows the number unless an entry was deleted by hand or the group was placed by id; then the
        entries are counted in pages, which costs it about 2 microseconds each. A group that is not there yet has
        everything to read; a stream that is not there has nothing.
        """
        return await self._unread(await self._find_group(), most)

    async def weighed(self, most: int) -> tuple[int, int | None]:
        """What `unread` says, and what the server says itself (None: it does not know)."""
        group = await self._find_group()
        return await self._unread(group, most), group.lag

    async def oldest_unfinished_seconds(self) -> float | None:
        """How long the oldest entry that the group has not finished (pending, or not given to it yet) has been in the
        stream, by the server's clock. None where nothing is unfinished: there is no age then, and 0 would be one."""
        found = await self._oldest_unfinished([self._key], self._group)
        return found[0] / 1000 if found else None

    async def _unread(self, group: _Group, most: int) -> int:
        if group.lag is not None:
            return min(group.lag, most + 1)
        return await self._count(group.last_delivered, most + 1)

    async def _find_group(self) -> _Group:
        try:
            groups = await self._redis.xinfo_groups(self._key)
        except ResponseError as error:
            if "no such key" not in str(error):
                raise
            groups = []
        for group in groups:
            if group["name"] == self._group.encode():
                lag = group["lag"]
                # A group placed by hand with a wrong count of entries read may even have a lag below nothing.
                known = lag if lag is not None and lag >= 0 else None
                return _Group(group["last-delivered-id"].decode(), known)
        return _Group("0-0", None)

    async def _count(self, after: str, most: int) -> int:
        counted = 0
        while counted < most:
            page = min(_PAGE, most - counted)
            found, last = await self._count_after([self._key], after, page)
            counted += found
            if found < page:
                break
            after = last.decode()
        return counted
