"""FastStream on Redis Streams, in batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import orjson
from faststream import AckPolicy
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.annotations import Pipeline
from redis.asyncio import Redis

from benchmarks.throughput.comments import HOPS, comments
from benchmarks.throughput.filling import fill
from benchmarks.throughput.finish import Finish, none_pending

BATCH = 256

Handler: TypeAlias = Callable[..., Any]


async def run(url: str, count: int) -> float:
    """Records a second through six subscribers of batches, each of which publishes what it got record by record; a
    batch is acknowledged once its handler is through."""
    return await _run(url, count, _publishing)


async def run_pipelined(url: str, count: int) -> float:
    """The same with FastStream's pipeline: what a batch publishes takes one round trip."""
    return await _run(url, count, _publishing_at_once)


async def _run(url: str, count: int, handler: Callable[[RedisBroker, str], Handler]) -> float:
    broker = RedisBroker(url, logger=cast(Any, None))  # no logs
    for hop, onward in zip(HOPS, (*HOPS[1:], "done"), strict=True):
        stream = StreamSub(hop, group=hop, consumer="one", batch=True, max_records=BATCH)
        broker.subscriber(stream=stream, ack_policy=AckPolicy.ACK)(handler(broker, onward))
    redis: Redis = Redis.from_url(url)
    try:
        await fill(redis, HOPS[0], (["__data__", orjson.dumps(comment)] for comment in comments(count)))
        for hop in HOPS:
            await redis.xgroup_create(hop, hop, id="0", mkstream=True)
        begun = time.perf_counter()
        await broker.start()
        await Finish(redis, "done", count).wait([])
        rate = count / (time.perf_counter() - begun)
        await none_pending(redis, HOPS)
        await broker.stop()
    finally:
        await redis.aclose()
    return rate


def _publishing(broker: RedisBroker, onward: str) -> Handler:
    async def pass_on(records: list[dict[str, Any]]) -> None:
        for record in records:
            await broker.publish(record, stream=onward)

    return pass_on


def _publishing_at_once(broker: RedisBroker, onward: str) -> Handler:
    async def pass_on(records: list[dict[str, Any]], pipe: Pipeline) -> None:
        for record in records:
            await broker.publish(record, stream=onward, pipeline=pipe)
        await pipe.execute()

    return pass_on
