"""Waits until nothing is left to do anywhere."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

import httpx
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from benchmarks.recovery.kill_points import STAGES
from benchmarks.recovery.recoveries import stream_key
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.keys import Keys
from stages.adapters.database import Database, DatabaseUnavailable

_LOOK_SECONDS = 0.5
_STANDSTILL_SECONDS = 150.0
"""Longer than any pause between two attempts (60 s), and than the step after which a pay link gets a new key."""

_UNENDED = """
    select count(*) from unnest($1::text[]) as t (seq) where not exists (
        select from end_states as e where e.seq = t.seq)"""


class Drain:
    """Looks at the streams, the outbox and the providers."""

    def __init__(
        self, redis: Redis, keys: Keys, partitions: int, database: Database, providers: httpx.AsyncClient
    ) -> None:
        self._redis, self._keys, self._partitions = redis, keys, partitions
        self._database, self._providers = database, providers

    async def wait(self, unpaid: Callable[[], Awaitable[int]]) -> dict[str, int]:
        """Return what is left once that is nothing, twice in a row; or once it has not changed for a long time."""
        last, since, empty = {"nobody looked yet": 1}, time.monotonic(), 0
        while empty < 2 and time.monotonic() - since < _STANDSTILL_SECONDS:
            await asyncio.sleep(_LOOK_SECONDS)
            left = await self._left(unpaid)
            empty = 0 if left else empty + 1
            if left != last:
                last, since = left, time.monotonic()
                print(f"draining: {left or 'nothing left'}", file=sys.stderr)
        return last

    async def _left(self, unpaid: Callable[[], Awaitable[int]]) -> dict[str, int]:
        try:
            counts = {**await self._in_streams(), **await self._elsewhere(), "pay links": await unpaid()}
        except (*REDIS_AWAY, DatabaseUnavailable) as error:
            return {str(error): 1}
        return {place: count for place, count in counts.items() if count}

    async def _in_streams(self) -> dict[str, int]:
        counts = {}
        for stage in STAGES[1:]:
            for partition in range(self._partitions):
                key = stream_key(self._keys, stage, partition)
                counts[key] = int(await self._redis.xlen(key))
                retries = self._keys.retry(stage, partition)
                counts[retries] = int(await self._redis.zcard(retries))
        try:
            [group] = await self._redis.xinfo_groups(self._keys.comments)
        except ResponseError:
            return {**counts, "the public stream has no group": 1}
        return {**counts, f"pending in {self._keys.comments}": int(group["pending"])}

    async def _elsewhere(self) -> dict[str, int]:
        entries = await self._redis.execute_command("XRANGE", self._keys.comments, "-", "+")
        seqs = [entry_id.decode() for entry_id, _ in entries]
        async with self._database.transaction() as connection:
            unended = await connection.fetchval(_UNENDED, seqs)
            unsent = await connection.fetchval("select count(*) from outbox where sent_at is null")
        health = (await self._providers.get("/health")).raise_for_status().json()
        return {
            "entries without an end": int(unended),
            "unsent outbox rows": int(unsent),
            "webhooks under way": int(health["deliveries"]["waiting"]),
        }
