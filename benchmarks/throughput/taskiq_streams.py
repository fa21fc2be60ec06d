"""taskiq on Redis Streams."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from redis.asyncio import Redis
from taskiq import AsyncTaskiqDecoratedTask
from taskiq.api import run_receiver_task
from taskiq.serializers import ORJSONSerializer
from taskiq_redis import RedisStreamBroker

from benchmarks.throughput.comments import HOPS, comments
from benchmarks.throughput.finish import Finish, none_pending
from pipeline.cancellation import cancel

_AT_ONCE = 500
_QUEUE = "taskiq"


async def run(url: str, count: int) -> float:
    """Records a second through six tasks, each of which kicks the next one; up to 500 at a time, acknowledged once
    they are done, no results kept."""
    logging.getLogger("taskiq").setLevel(logging.ERROR)
    broker = RedisStreamBroker(url, queue_name=_QUEUE, consumer_id="0", xread_count=_AT_ONCE).with_serializer(
        ORJSONSerializer()
    )
    redis: Redis = Redis.from_url(url)
    first = _tasks(broker, redis)
    await broker.startup()
    try:
        for comment in comments(count):
            await first.kiq(comment)
        begun = time.perf_counter()
        receiver = asyncio.create_task(
            run_receiver_task(broker, max_async_tasks=_AT_ONCE, max_prefetch=_AT_ONCE, validate_params=False)
        )
        await Finish(redis, "done", count).wait([receiver])
        rate = count / (time.perf_counter() - begun)
        await none_pending(redis, [_QUEUE])
        await cancel([receiver])
    finally:
        await broker.shutdown()
        await redis.aclose()
    return rate


def _tasks(broker: RedisStreamBroker, redis: Redis) -> AsyncTaskiqDecoratedTask[..., Any]:
    """The six tasks, of which the first is returned; the last one writes down that the record is through."""

    async def end(record: dict[str, Any]) -> None:
        await redis.xadd("done", {"id": record["message_id"]})

    following = broker.register_task(end, task_name=HOPS[-1])
    for hop in reversed(HOPS[:-1]):
        following = _passing_on(broker, hop, following)
    return following


def _passing_on(
    broker: RedisStreamBroker, hop: str, following: AsyncTaskiqDecoratedTask[..., Any]
) -> AsyncTaskiqDecoratedTask[..., Any]:
    async def pass_on(record: dict[str, Any]) -> None:
        await following.kiq(record)

    return broker.register_task(pass_on, task_name=hop)
