"""A gateway in this process, before a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx

from pipeline.engines.redis.append import RedisAppender
from pipeline.engines.redis.backlog import Backlog
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from stages.doors.gateway import CommentDoor, comment_routes, create_gateway
from stages.doors.high_water import HighWater
from stages.doors.server import READER
from stages.sources import Sources

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SOURCES = Sources({"gateway": "a key"}, frozenset({"gateway"}))
GIVEN = {"streamer": "maya.closet", "client": "ana", "message": "I want it! 💕"}


class Door:
    """The gateway as a client sees it, and the stream behind it."""

    def __init__(self, http: httpx.AsyncClient, redis: Any) -> None:
        self.http, self.redis = http, redis

    async def post(self, **changed: Any) -> httpx.Response:
        """A good comment with fields changed; None leaves one out."""
        body = {name: value for name, value in {**GIVEN, **changed}.items() if value is not None}
        return await self.http.post("/comments", json=body)

    async def entries(self) -> list[dict[str, str]]:
        """What stands in the public stream."""
        raw = await self.redis.xrange("comments_stream")
        return [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in raw]


@asynccontextmanager
async def door_on(url: str, *, partitions: int = 1, mark: int = 50_000) -> AsyncIterator[Door]:
    """A gateway in this process, before the Redis at `url`; it looks for a backlog at every comment."""
    redis, keys = connect(url), Keys()
    ticks = count(0, 10)  # no look-up rests so long
    high_water = HighWater(Backlog(redis, keys.comments, READER).unread, mark, lambda: next(ticks))
    comments = CommentDoor(RedisAppender(redis, keys), keys, partitions, SOURCES, high_water, lambda: NOW)
    app = create_gateway(comment_routes(comments), ready=redis.ping)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        yield Door(http, redis)
    await redis.aclose()
