"""Our pipeline at work: on a backlog, and on comments that are posted at a steady rate."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import aiohttp
import orjson

from benchmarks.pipeline.crowd import PLATFORM, WRITTEN_A_SECOND, Crowd, Line
from benchmarks.pipeline.processes import processor_seconds
from benchmarks.pipeline.shop import Broadcast
from benchmarks.pipeline.times import Journey, journeys
from stages.demo.house import House
from stages.ingest import comment_id
from stages.wiring import Wiring

SOURCE = "gateway"
_AT_ONCE = 500  # entries that are appended in one round trip
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 300.0
_UNCOUNTED_SECONDS = 6.0
_ENDS = "select comment_id, seq, hops from end_states where ended_at >= $1"
_COUNT = "select count(*) from end_states"


@dataclass(frozen=True, slots=True)
class Drained:
    """A backlog that was worked off: comments a second, orders made, and processor milliseconds a comment by part."""

    rate: float
    orders: int
    cpu_ms: dict[str, float]
    ends: dict[str, int]


@dataclass(frozen=True, slots=True)
class Paced:
    """Comments that were posted at a rate: how long each post took, and their ways."""

    posts_ms: list[float]
    ways: list[Journey]


class Pipeline:
    """A house whose stages run."""

    def __init__(self, house: House, wiring: Wiring, broadcast: Broadcast, crowd: Crowd) -> None:
        self._house, self._wiring, self._broadcast, self._crowd = house, wiring, broadcast, crowd

    async def drain(self, count: int) -> Drained:
        """Append so many comments as fast as Redis takes them; the time runs from the first one on, until the end of
        the last one stands in the database."""
        start = await self._broadcast.play_earlier(count / WRITTEN_A_SECOND)
        lines = list(self._crowd.lines([number / WRITTEN_A_SECOND for number in range(count)]))
        offered = [self._wiring.sources.stamp(line.fields(start), SOURCE) for line in lines]
        print(f"  a backlog of {count}", file=sys.stderr, flush=True)
        ended, used = await self._ended(), processor_seconds()
        began, began_at = time.perf_counter(), datetime.now(UTC)
        for first in range(0, count, _AT_ONCE):
            await self._append(offered[first : first + _AT_ONCE])
        await self._until(ended + count)
        seconds = time.perf_counter() - began
        now = processor_seconds()
        cpu_ms = {part: 1000 * (now[part] - used.get(part, 0.0)) / count for part in now}
        ways = await self._ways(dict.fromkeys(map(_id, lines), began_at.timestamp() * 1000), began_at)
        orders = sum(way.to_order_ms is not None for way in ways)
        return Drained(count / seconds, orders, cpu_ms, await self._outcomes(began_at))

    async def post(self, rate: float, seconds: float, dice: random.Random) -> Paced:
        """Post comments at random moments, so many a second on average, for so long. The time of each runs from the
        moment at which it was due, whether or not the feeder kept up. Those of the first seconds don't count: the show
        has been on for a while."""
        start = datetime.now(UTC) + timedelta(seconds=1)
        await self._broadcast.play(start, _UNCOUNTED_SECONDS + seconds)
        moments = _arrivals(rate, _UNCOUNTED_SECONDS + seconds, dice)
        lines = list(self._crowd.lines(moments))
        ended = await self._ended()
        start = max(start, datetime.now(UTC))
        posts_ms: list[float] = []
        async with (
            aiohttp.ClientSession(base_url=self._house.gateway_url) as http,
            asyncio.TaskGroup() as group,
        ):
            for line in lines:
                due = start.timestamp() + line.at
                if (wait := due - time.time()) > 0:
                    await asyncio.sleep(wait)
                group.create_task(_post(http, line, start, due, posts_ms))
        await self._until(ended + len(lines))
        sent = {
            _id(line): 1000 * (start.timestamp() + line.at) for line in lines if line.at >= _UNCOUNTED_SECONDS
        }
        return Paced(posts_ms, await self._ways(sent, start))

    async def _append(self, offered: Sequence[dict[str, str]]) -> None:
        async with self._wiring.redis.pipeline(transaction=False) as pipe:
            for fields in offered:
                pipe.execute_command(
                    "XADD",
                    self._wiring.keys.comments,
                    "*",
                    *(part for pair in fields.items() for part in pair),
                )
            await pipe.execute()

    async def _until(self, count: int) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while (ended := await self._ended()) < count:
                self._house.check()
                await asyncio.sleep(_LOOK_SECONDS)
        if ended > count:
            print(f"{ended - count} more ends than comments", file=sys.stderr)

    async def _ended(self) -> int:
        async with self._wiring.database.transaction() as connection:
            return int(await connection.fetchval(_COUNT))

    async def _ways(self, sent_ms: dict[UUID, float], since: datetime) -> list[Journey]:
        async with self._wiring.database.transaction() as connection:
            rows = await connection.fetch(_ENDS, since - timedelta(seconds=1))
        return journeys(sent_ms, ((row["comment_id"], row["seq"], row["hops"]) for row in rows))

    async def _outcomes(self, since: datetime) -> dict[str, int]:
        query = (
            "select stage || ': ' || outcome || ' ' || reason as what, count(*) as n"
            " from end_states where ended_at >= $1 group by 1 order by 2 desc"
        )
        async with self._wiring.database.transaction() as connection:
            return {row["what"].strip(): row["n"] for row in await connection.fetch(query, since)}


def _id(line: Line) -> UUID:
    return comment_id("0-0", PLATFORM, {"streamer": line.streamer, "message_id": line.message_id})


def _arrivals(rate: float, seconds: float, dice: random.Random) -> list[float]:
    """Moments as viewers choose them: none waits for another."""
    moments, at = [], dice.expovariate(rate)
    while at < seconds:
        moments.append(at)
        at += dice.expovariate(rate)
    return moments


async def _post(
    http: aiohttp.ClientSession, line: Line, start: datetime, due: float, posts_ms: list[float]
) -> None:
    headers = {"content-type": "application/json"}
    async with http.post("/comments", data=orjson.dumps(line.fields(start)), headers=headers) as answer:
        answer.raise_for_status()
        await answer.read()
    if line.at >= _UNCOUNTED_SECONDS:
        posts_ms.append(1000 * (time.time() - due))
