"""What the panels look at."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from stages.adapters.database import Database
from stages.adapters.database.pool import Connection
from stages.backbone import Backbone, on_redis
from stages.console.stage_watch import StageWatch
from stages.doors.gate import Caller
from stages.settings import ShopSettings
from stages.wiring import READS


@dataclass(frozen=True, slots=True)
class Backstage:
    """The stores, and the time. `is_operator`: whoever looks is after all streamers, and sees also what is nobody's and
    what is everybody's."""

    database: Database
    redis: Redis
    keys: Keys
    settings: ShopSettings
    now: Callable[[], datetime]
    backbone: Backbone
    watch: StageWatch
    is_operator: bool = False

    @classmethod
    def of(
        cls,
        database: Database,
        redis: Redis,
        keys: Keys,
        settings: ShopSettings,
        now: Callable[[], datetime],
        backbone: Backbone | None = None,
    ) -> Self:
        """With what watches the streams, once for all who look; they are in Redis unless a backbone is given."""
        carried = backbone or on_redis(redis, keys, settings)
        watch = StageWatch(
            carried.gauge, READS, settings.partitions, time.monotonic, door_partitions=carried.door_partitions
        )
        return cls(database, redis, keys, settings, now, carried, watch)

    def seen_by(self, caller: Caller) -> Self:
        """As the caller sees it."""
        return replace(self, is_operator=caller.streamer is None)

    @asynccontextmanager
    async def reading(self, streamer: str) -> AsyncIterator[Connection]:
        """A transaction that reads this streamer's rows and no others: row-level security holds it to that, also
        where whoever looks could see them all. Raises DatabaseUnavailable."""
        async with self.database.transaction(streamer=streamer) as connection:
            yield connection
