"""Sends the load through the public doors, and again what was not acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import httpx
from redis.asyncio import Redis

from benchmarks.recovery.load import PlannedComment
from benchmarks.recovery.poison import Poison
from pipeline.engines.redis.append import RedisAppender
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.keys import Keys

_AT_ONCE = 8
_LONGEST_PAUSE_SECONDS = 0.3
_TAKEN = 200


class CommentRefused(Exception):
    """The gateway refused a sound comment for good: the plan, or the gateway, is wrong."""


class Feeder:
    """Sends comments under their message ids until each is acknowledged. A pusher whose call ended without an answer
    cannot know whether the comment was taken; that it is then sent twice is a part of the test."""

    def __init__(
        self, http: httpx.AsyncClient, redis: Redis, keys: Keys, random: Callable[[], float]
    ) -> None:
        self._http, self._redis, self._keys, self._random = http, redis, keys, random
        self._appender = RedisAppender(redis, keys)
        self.acknowledged: set[UUID] = set()
        self.sent_again = 0

    async def send(self, items: Sequence[PlannedComment | Poison]) -> None:
        """Return once all are acknowledged. Raises CommentRefused."""
        waiting = iter(items)
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._send_each(waiting))

    async def _send_each(self, waiting: Iterator[PlannedComment | Poison]) -> None:
        for item in waiting:
            for _ in range(item.copies if isinstance(item, PlannedComment) else 1):
                while not await self._try(item):
                    self.sent_again += 1
                    await asyncio.sleep(self._random() * _LONGEST_PAUSE_SECONDS)
            if isinstance(item, PlannedComment):
                self.acknowledged.add(item.id)

    async def _try(self, item: PlannedComment | Poison) -> bool:
        if isinstance(item, Poison):
            return await self._plant(item)
        return await (self._post(item) if item.door == "gateway" else self._append(item))

    async def _post(self, comment: PlannedComment) -> bool:
        try:
            answer = await self._http.post("/comments", json=dict(comment.fields))
        except httpx.TransportError:
            return False
        if 400 <= answer.status_code < 500 and answer.status_code != 429:
            raise CommentRefused(
                f"The gateway answered {answer.status_code} to a sound comment: {answer.text}"
            )
        return answer.status_code == _TAKEN

    async def _append(self, comment: PlannedComment) -> bool:
        try:
            await self._appender.comment(comment.fields)
        except REDIS_AWAY:
            return False
        return True

    async def _plant(self, item: Poison) -> bool:
        key = self._keys.stream(item.stream, item.partition)
        try:
            await self._redis.execute_command(
                "XADD", key, "*", *(part for pair in item.fields.items() for part in pair)
            )
        except REDIS_AWAY:
            return False
        return True
