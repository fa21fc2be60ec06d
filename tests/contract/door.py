"""A gateway in this process, before a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
from fastapi import FastAPI

from pipeline.engines.redis.backlog import Backlog
from pipeline.engines.redis.comment_log import CommentLog
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.offer import OfferBounds
from stages.backbone import DOOR as READER
from stages.doors.comment_batch import BODY_LIMIT, PATH, batch_routes
from stages.doors.comment_door import CommentDoor
from stages.doors.comment_socket import socket_routes
from stages.doors.door import create_door
from stages.doors.gate import Gate
from stages.doors.gateway import PATH as COMMENT_PATH
from stages.doors.gateway import REPLIES, comment_routes, comment_shortcut
from stages.doors.high_water import HighWater
from stages.doors.rate_limits import RateLimits
from stages.sources import Sources
from tests.contract.served import served

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SOURCES = Sources({"gateway": "a key"}, frozenset({"gateway"}))
_PATIENCE_SECONDS = 0.5
GIVEN = {"streamer": "maya.closet", "client": "ana", "message": "I want it! 💕"}


class Door:
    """The gateway as a client sees it, and the stream behind it."""

    def __init__(
        self, http: httpx.AsyncClient, redis: Any, app: FastAPI, gate: Gate, comments: CommentDoor
    ) -> None:
        self.http, self.redis, self.app, self.gate, self.comments = http, redis, app, gate, comments

    async def post(self, **changed: Any) -> httpx.Response:
        """A good comment with fields changed; None leaves one out."""
        body = {name: value for name, value in {**GIVEN, **changed}.items() if value is not None}
        return await self.http.post("/comments", json=body)

    async def entries(self) -> list[dict[str, str]]:
        """What stands in the public stream."""
        raw = await self.redis.xrange("comments_stream")
        return [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in raw]


@asynccontextmanager
async def door_on(
    url: str, *, partitions: int = 1, mark: int = 50_000, per_key: str = "", per_viewer: str = ""
) -> AsyncIterator[Door]:
    """A gateway in this process, before the Redis at `url`; it looks for a backlog at every comment."""
    redis, keys = connect(url), Keys()
    ticks = count(0, 10)  # no look-up rests so long
    high_water = HighWater(Backlog(redis, keys.comments, READER).unread, mark, lambda: next(ticks))
    limits = RateLimits.of(per_key=per_key, per_viewer=per_viewer)
    log = CommentLog(redis, keys, OfferBounds(60, limits.key_rate, limits.viewer_rate))
    comments = CommentDoor(
        log, limits, keys, partitions, SOURCES, high_water, lambda: NOW, _PATIENCE_SECONDS, first="intent"
    )
    gate = Gate(None, open_doors=True)
    app = create_door(
        "gateway",
        comment_routes(comments, gate),
        batch_routes(comments, gate),
        socket_routes(comments, gate),
        gate=gate,
        alive=redis.ping,
        replies=REPLIES,
        body_limits={PATH: BODY_LIMIT},
        shortcuts={COMMENT_PATH: comment_shortcut(comments, gate)},
    )
    async with (
        served(app) as at,
        httpx.AsyncClient(base_url=f"http://{at}", timeout=60, trust_env=False) as http,
    ):
        yield Door(http, redis, app, gate, comments)
    await redis.aclose()
