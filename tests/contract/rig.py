"""A two-stage way on real Redis: `first` -> `second`, with handlers given by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from pipeline.cancellation import cancel
from pipeline.decision import derived_id
from pipeline.engines.redis.agent import StageAgent
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.dead_letters import DeadLetters, Listed
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.streams import StageStream
from pipeline.envelope import Envelope, traceparent
from pipeline.settings import RuntimeSettings
from pipeline.stage import Emit, Limits, Outcome, Stage
from schemas.codec import encode
from schemas.records import Record

KEYS = Keys()


class Item(Record):
    """The record of these tests."""

    number: int


Handler = Callable[[Any], Awaitable[Outcome]]


def stage(name: str, handler: Handler, *, emits: str | None = None, **limits: Any) -> Stage[Item]:
    """A stage of single records with short backoffs."""
    given = {"timeout_seconds": 5.0, "backoff_seconds": 0.01, "backoff_cap_seconds": 0.05, **limits}
    return Stage(name=name, consumes=Item, emits=emits, limits=Limits(**given), one=handler)


def entry(number: int) -> tuple[str | bytes, ...]:
    """A good entry, as names and values in turn."""
    comment_id = str(derived_id(f"item/{number}"))
    return Envelope(
        id=comment_id, seq=f"{number + 1}-0", at="2026-01-01T00:00:00+00:00", trace=traceparent(comment_id),
        hops=b"[]", data=encode(Item(number=number)),
    ).fields()  # fmt: skip


@dataclass
class Rig:
    """Redis with what these tests ask of it."""

    url: str
    redis: Redis
    agents: list[tuple[StageAgent, asyncio.Task[None]]] = field(default_factory=list)

    async def append(self, stream: str, *fields: str | bytes) -> str:
        """Append an entry to a stage's stream."""
        entry_id: bytes = await self.redis.execute_command("XADD", KEYS.stream(stream, 0), "*", *fields)
        return entry_id.decode()

    def start(self, *stages: Stage[Any], consumer: str = "one", lease_seconds: float = 60.0) -> None:
        """Start an agent for each stage."""
        settings = RuntimeSettings(redis_url=self.url, consumer_name=consumer, lease_seconds=lease_seconds)
        for each in stages:
            agent = StageAgent(each, 0, self.redis, settings)
            self.agents.append((agent, asyncio.create_task(agent.run())))

    def stream(self, stage: Stage[Any], consumer: str, **settings: Any) -> StageStream:
        """A stage's stream as the engine sees it, read by `consumer`."""
        given = RuntimeSettings(redis_url=self.url, consumer_name=consumer, **settings)
        return StageStream(self.redis, self.redis, stage, 0, given)

    async def drain(self) -> None:
        """Stop all agents in order and wait for what they have in hand."""
        for agent, _ in self.agents:
            agent.stop()
        for _, task in self.agents:
            await task
        self.agents.clear()

    async def kill(self) -> None:
        """Stop all agents as a crash would: what is in hand stays pending."""
        await cancel(task for _, task in self.agents)
        self.agents.clear()

    async def length(self, stream: str) -> int:
        """Entries in a stream."""
        return int(await self.redis.xlen(KEYS.stream(stream, 0)))

    async def fields(self, stream: str) -> list[dict[bytes, bytes]]:
        """The fields of all entries in a stream."""
        entries = await self.redis.execute_command("XRANGE", KEYS.stream(stream, 0), "-", "+")
        return [fields for _, fields in entries]

    async def dead(self) -> list[Listed]:
        """The dead letters."""
        return [listed async for listed in DeadLetters(self.redis, KEYS, 1).all()]

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
    """A rig; its agents are killed at the end."""
    redis = connect(url)
    rig = Rig(url, redis)
    try:
        yield rig
    finally:
        await rig.kill()
        await redis.aclose()


async def done(item: Item) -> Outcome:
    """A handler that is content."""
    return Emit(item)
