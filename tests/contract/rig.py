"""Real Redis, as the tests drive it: the contract suite's rig, and what tests of the Redis engine ask besides."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from redis.asyncio import Redis

from pipeline import ports
from pipeline.dead_letter import DeadLetter
from pipeline.engines.redis.agent import agents_of as redis_agents_of
from pipeline.engines.redis.append import RedisAppender
from pipeline.engines.redis.cluster import ClusterRedis
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.consumer import Consumer
from pipeline.engines.redis.dead_letters import DeadLetters, Listed
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.packing import unpacked
from pipeline.engines.redis.redriver import Redriver
from pipeline.engines.redis.streams import StageStream
from pipeline.engines.redis.watermark import Watermark
from pipeline.envelope import Envelope, by_name
from pipeline.events import EndState
from pipeline.relay import AppendOnce
from pipeline.settings import RuntimeSettings
from pipeline.stage import Stage
from pipeline.worker import Agent
from schemas.codec import decode
from tests.contract.agents_at_work import AgentsAtWork
from tests.contract.scene import Item, done, entry, stage

__all__ = ["KEYS", "Item", "Rig", "at_work", "done", "entry", "rig_on", "stage"]

KEYS = Keys()


@dataclass
class Rig(AgentsAtWork[Agent]):
    """Redis with what these tests ask of it."""

    url: str
    redis: Redis
    partitions: int = 1
    listed: list[Listed] = field(default_factory=list)

    async def append(self, stream: str, *fields: str | bytes) -> str:
        """Append an entry to a stage's stream, into its first partition."""
        entry_id: bytes = await self.redis.execute_command("XADD", KEYS.stream(stream, 0), "*", *fields)
        return entry_id.decode()

    def start(self, *stages: Stage[Any], consumer: str = "one", lease_seconds: float = 60.0) -> None:
        """Start an agent for each stage."""
        settings = RuntimeSettings(
            redis_url=self.url,
            consumer_name=consumer,
            lease_seconds=lease_seconds,
            partitions=self.partitions,
        )
        agents_of: ports.AgentsOf = partial(redis_agents_of, redis=self.redis, settings=settings)
        for each in stages:
            self.put_to_work(agents_of(each))

    def stream(self, stage: Stage[Any], consumer: str, **settings: Any) -> StageStream:
        """A stage's stream as the engine sees it, read by `consumer`."""
        given = RuntimeSettings(redis_url=self.url, consumer_name=consumer, **settings)
        return StageStream(self.redis, self.redis, stage, 0, given)

    async def length(self, stream: str) -> int:
        """Entries in a stream."""
        return sum([int(await self.redis.xlen(key)) for key in self._all(stream)])

    async def fields(self, stream: str) -> list[dict[bytes, bytes]]:
        """The fields of all entries in a stream."""
        found = [await self.redis.execute_command("XRANGE", key, "-", "+") for key in self._all(stream)]
        return [
            dict(by_name(unpacked([part for pair in fields.items() for part in pair])))
            for entries in found
            for _, fields in entries
        ]

    async def dead(self) -> list[Listed]:
        """The dead letters."""
        letters: ports.DeadLetters[Listed] = DeadLetters(self.redis, KEYS, self.partitions)
        return [listed async for listed in letters.all()]

    async def letters(self) -> list[DeadLetter]:
        """The dead letters, without where they lie."""
        listed = await self.dead()
        self.listed.extend(listed)
        return [each.letter for each in listed]

    async def redrive(self, letter: DeadLetter) -> None:
        """Send back a dead letter that `letters` gave. Raises NoSuchDeadLetter where it no longer lies there."""
        listed = [each for each in self.listed if each.letter == letter]
        redriver: ports.Redriver[Listed] = Redriver(self.redis, KEYS)
        await redriver.redrive(listed[-1])

    async def comment(self, **fields: str) -> str:
        """Append to the public stream."""
        door: ports.PublicDoor = RedisAppender(self.redis, KEYS)
        return await door.comment(fields)

    async def append_once(self, stage: str, record_id: str, envelope: Envelope) -> None:
        """Append, unless this record was appended before."""
        append: AppendOnce = RedisAppender(self.redis, KEYS)
        await append(stage, 0, record_id, envelope)

    async def ends(self) -> list[EndState]:
        """The end states."""
        return [decode(EndState, fields[b"d"]) for fields in await self.fields("events")]

    async def waiting(self, stage: str) -> int:
        """How many entries of the stage wait for a later time."""
        places = (*range(self.partitions), None)
        return sum([int(await self.redis.zcard(KEYS.retry(stage, place))) for place in places])

    async def earlier(self, seq: str) -> int:
        """How many comments before `seq` are unfinished, where the stage `door` is the door."""
        watermark: ports.Watermark = Watermark(self.redis, KEYS, 1, "door")
        return await watermark.earlier("", seq)

    async def leave(self, *seqs: str) -> None:
        """These comments hold nobody up any more."""
        watermark: ports.Watermark = Watermark(self.redis, KEYS, 1, "door")
        await watermark.leave("", seqs)

    def _all(self, stream: str) -> list[str]:
        """The keys of a stream's partitions: the public one has none."""
        return list(dict.fromkeys(KEYS.stream(stream, partition) for partition in range(self.partitions)))

    async def until(self, reached: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
        """Wait until `reached` says so. Raises TimeoutError, and what an agent failed with."""
        async with asyncio.timeout(seconds):
            while not await reached():
                for _, task in self.agents:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.01)

    async def until_length(self, stream: str, length: int) -> None:
        """Wait until a stream has so many entries."""

        async def reached() -> bool:
            return await self.length(stream) == length

        await self.until(reached)

    async def until_pending(self, stream: str, count: int) -> None:
        """Wait until so many entries of a stream are in somebody's hands."""

        async def reached() -> bool:
            groups = await self.redis.xinfo_groups(KEYS.stream(stream, 0))
            return bool(groups) and int(groups[0]["pending"]) == count

        await self.until(reached)


@asynccontextmanager
async def rig_on(url: str) -> AsyncIterator[Rig]:
    """A rig, of three partitions where it is on a cluster; its agents are killed at the end."""
    redis = connect(url)
    rig = Rig(url, redis, 3 if isinstance(redis, ClusterRedis) else 1)
    try:
        yield rig
    finally:
        await rig.kill()
        await redis.aclose()


def at_work(spec: Stage[Any], stream: StageStream) -> Consumer:
    """A consumer by hand: it reads nothing until it is run."""
    return Consumer(spec, stream, partitions=1, clock=time.time, random=lambda: 0.5)
