"""The runtime: its agents on Redis Streams, with everything that a shop's stages have but their work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from benchmarks.throughput.comments import HOPS, comments
from benchmarks.throughput.filling import fill
from benchmarks.throughput.finish import Finish
from pipeline.cancellation import cancel
from pipeline.engines.redis.agent import StageAgent, agents_of
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.settings import RuntimeSettings
from pipeline.stage import Emit, Limits, Outcome, Stage
from pipeline.worker import Worker
from schemas.records import Comment
from stages.ingest import comment_door
from stages.sources import Sources

_BATCH = 256
_KEYS = Keys()


async def run(url: str, count: int) -> float:
    """Records a second through six stages, the first of which reads the public stream, validates and identifies; the
    fourth is exclusive; the last one's end is an event."""
    redis = connect(url)
    try:
        await fill(redis, _KEYS.comments, (list_of(comment) for comment in comments(count)))
        settings = RuntimeSettings(redis_url=url, consumer_name="bench")
        agents = [agent for stage in stages() for agent in agents_of(stage, redis, settings)]
        finish = Finish(redis, _KEYS.stream("events", 0), count)
        rate = await _timed(agents, finish)
        await _check(redis, count)
    finally:
        await redis.aclose()
    return rate


def list_of(comment: dict[str, str]) -> list[str]:
    """Names and values in turn."""
    return [part for pair in comment.items() for part in pair]


async def _timed(agents: Sequence[StageAgent], finish: Finish) -> float:
    worker = Worker(agents, drain_seconds=10.0)
    begun = time.perf_counter()
    task = asyncio.create_task(worker.run())
    try:
        await finish.wait([task])
        rate = finish.count / (time.perf_counter() - begun)
        worker.stop()
        await task
    finally:
        await cancel([task])
    return rate


async def _check(redis: Redis, count: int) -> None:
    """Raises AssertionError where anything is left to do."""
    for hop in HOPS:
        key = _KEYS.comments if hop == HOPS[0] else _KEYS.stream(hop, 0)
        length, [group] = await redis.xlen(key), await redis.xinfo_groups(key)
        if length != (count if hop == HOPS[0] else 0) or group["pending"]:
            raise AssertionError(f"{hop} is not through: {length} entries, {group['pending']} pending")


def stages() -> list[Stage[Any]]:
    """Six that pass on what they get."""
    limits = Limits(timeout_seconds=30.0, batch_size=_BATCH)
    return [
        Stage(
            name=hop,
            consumes=Comment,
            emits=onward,
            limits=limits,
            batch=_pass_on,
            door=comment_door(Sources({}, frozenset())) if hop == "ingest" else None,
            exclusive=hop == "order",
        )
        for hop, onward in zip(HOPS, (*HOPS[1:], None), strict=True)
    ]


async def _pass_on(records: Sequence[Comment]) -> list[Outcome]:
    return [Emit(record) for record in records]
