"""A Valkey with the stages at work on it, in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from benchmarks.memory.gauge import Gauge
from benchmarks.memory.shape import stages
from pipeline.cancellation import cancel
from pipeline.engines.redis.agent import agents_of
from pipeline.engines.redis.comment_log import CommentLog
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.offer import Offer, OfferBounds, Rate
from pipeline.engines.redis.trimmer import Trimmer
from pipeline.engines.redis.watermark import Watermark
from pipeline.settings import RuntimeSettings
from pipeline.settlement import EVENTS
from stages.sources import Sources

HOPS = ("intent", "vision", "order", "payment", "notify", EVENTS)
_FOREVER = 7 * 24 * 3600.0
_LOOK_SECONDS = 0.05
_AT_ONCE = 200
_SOURCES = Sources({"gateway": "a key that signs every comment of this benchmark"}, frozenset({"gateway"}))
_BOUNDS = OfferBounds(120, Rate(1_000_000, 1), Rate(20, 10))


def four(number: int) -> dict[str, str]:
    """The fields that the first version had, of a comment of the usual length."""
    return {
        "streamer": "maya.closet",
        "client": f"viewer_{number % 5000}",
        "message": f"I want to buy the blue jacket {number}",
        "timestamp": f"2026-11-22T23:09:{number // 1000 % 60:02}.{number % 1000:03}Z",
    }


def all_of_them(number: int) -> dict[str, str]:
    """With every optional field, as the gateway writes them; the signature comes on top."""
    return {
        **four(number),
        "platform": "tiktok",
        "message_id": str(7561234567890123456 + number),
        "client_id": str(6937909301590894449 + number % 5000),
        "frame_urls": f'["https://cdn.example/maya.closet/20261122/23/{1795388741176 + number}.jpg"]',
    }


@dataclass(frozen=True, slots=True)
class House:
    """It works until it is left."""

    redis: Redis
    keys: Keys
    gauge: Gauge
    log: CommentLog

    async def append(self, numbers: Sequence[int], fields: Callable[[int], Mapping[str, str]]) -> None:
        """XADD them, as any pusher may."""
        for start in range(0, len(numbers), _AT_ONCE):
            pipe = self.redis.pipeline(transaction=False)
            for number in numbers[start : start + _AT_ONCE]:
                parts = [part for pair in fields(number).items() for part in pair]
                pipe.execute_command("XADD", self.keys.comments, "*", *parts)
            await pipe.execute()

    async def post(self, numbers: Sequence[int], fields: Callable[[int], Mapping[str, str]]) -> None:
        """Append them as the gateway does: signed, limited, and remembered."""
        offers = []
        for number in numbers:
            signed = _SOURCES.stamp(fields(number), "gateway")
            offers.append(Offer(f"gateway:{number}", signed, ("gateway", signed["client"])))
        await self.log.append(offers, "key")

    async def idle(self) -> None:
        """Return once nothing is left to do."""
        while True:
            pending = (await self.redis.execute_command("XPENDING", self.keys.comments, "ingest"))[0]
            [group] = await self.redis.xinfo_groups(self.keys.comments)
            lengths = [await self.redis.xlen(self.keys.stream(hop, 0)) for hop in HOPS]
            if not pending and not group["lag"] and not any(lengths):
                return
            await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def working(url: str, *, replay_seconds: float = _FOREVER) -> AsyncIterator[House]:
    """On an emptied server."""
    redis, keys = connect(url), Keys()
    await redis.flushall()
    settings = RuntimeSettings(redis_url=url, consumer_name="memory", replay_seconds=replay_seconds)
    agents = [agent for stage in stages(redis, keys, _SOURCES) for agent in agents_of(stage, redis, settings)]
    trimmer = Trimmer(redis, settings, ["ingest"], Watermark(redis, keys, 1, "ingest"), time.time)
    house = House(redis, keys, Gauge(redis, keys), CommentLog(redis, keys, _BOUNDS))
    tasks = [asyncio.create_task(each.run()) for each in agents]
    tasks.append(asyncio.create_task(trimmer.run()))
    try:
        # Scripts, groups and the streams' first nodes are there before anything is counted.
        await house.append(range(500), four)
        await house.post(range(500), all_of_them)
        await house.idle()
        await house.gauge.let_pass()
        yield house
    finally:
        await cancel(tasks)
        await redis.aclose()
