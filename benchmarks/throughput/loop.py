"""The loop that one would write by hand: no leases, no check of the owner, no retries, no metrics."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import orjson
from redis.asyncio import Redis

from benchmarks.throughput.comments import HOPS, comments
from benchmarks.throughput.filling import fill
from benchmarks.throughput.finish import Finish
from pipeline.cancellation import cancel

BATCH = 256
_LUA = Path(__file__).with_name("loop.lua").read_text(encoding="utf-8")


async def run(url: str, count: int) -> float:
    """Records a second through six loops, each with connections of its own."""
    redis: Redis = Redis.from_url(url)
    try:
        await fill(redis, HOPS[0], (["d", orjson.dumps(comment)] for comment in comments(count)))
        for hop in HOPS:
            await redis.xgroup_create(hop, hop, id="0", mkstream=True)
        finish = Finish(redis, "done", count)
        clients: list[Redis] = [Redis.from_url(url) for _ in HOPS]
        digest = str(await redis.script_load(_LUA))
        begun = time.perf_counter()
        tasks = [
            asyncio.create_task(_work(client, digest, hop, onward))
            for client, hop, onward in zip(clients, HOPS, (*HOPS[1:], "done"), strict=True)
        ]
        await finish.wait(tasks)
        rate = count / (time.perf_counter() - begun)
        await cancel(tasks)
        for client in clients:
            await client.aclose()
        await _check(redis)
    finally:
        await redis.aclose()
    return rate


async def _work(redis: Redis, digest: str, hop: str, onward: str) -> None:
    while True:
        reply = await redis.execute_command(
            "XREADGROUP", "GROUP", hop, "one", "COUNT", BATCH, "BLOCK", 1000, "STREAMS", hop, ">"
        )
        if not reply:
            continue
        parts: list[Any] = []
        for entry_id, fields in reply[0][1]:
            parts += (entry_id, orjson.dumps(orjson.loads(fields[b"d"])))
        await redis.execute_command("EVALSHA", digest, 2, hop, onward, hop, *parts)


async def _check(redis: Redis) -> None:
    for hop in HOPS:
        if length := await redis.xlen(hop):
            raise AssertionError(f"{hop} is not through: {length} entries")
