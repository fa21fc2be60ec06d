"""Kafka, as the contract suite drives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiokafka import TopicPartition

from pipeline import ports
from pipeline.dead_letter import DeadLetter
from pipeline.engines.kafka.accounts import TAKEN, Account, read_account
from pipeline.engines.kafka.agent import StageAgent
from pipeline.engines.kafka.dead_letters import Listed
from pipeline.engines.kafka.engine import KafkaEngine, open_kafka
from pipeline.engines.kafka.message import from_message
from pipeline.engines.kafka.names import Names
from pipeline.engines.kafka.scan import scan
from pipeline.engines.kafka.topics import topics_of
from pipeline.envelope import Envelope
from pipeline.events import EndState
from pipeline.relay import AppendOnce
from pipeline.settings import RuntimeSettings
from pipeline.settlement import EVENTS, Append
from pipeline.stage import PUBLIC_STREAM, Stage
from schemas.codec import decode
from tests.contract.agents_at_work import AgentsAtWork
from tests.kafka_broker import KafkaBroker

STAGES = ("first", "second", "third", "door", "order", "payment", "projector")
LEASE_SECONDS = 1.5  # of the mock broker's groups, a second less is what a member waits for one that has gone
_numbers = count(1)


@dataclass
class KafkaRig(AgentsAtWork[StageAgent]):
    """Topics of one test's own."""

    engine: KafkaEngine
    readers: dict[str, str] = field(default_factory=dict)
    listed: list[Listed] = field(default_factory=list)

    async def append(self, stream: str, *fields: str | bytes) -> str:
        """Append an entry to a stage's topic."""
        return await self.engine.producer.append(Append(stream, 0, fields))

    async def comment(self, **fields: str) -> str:
        """Append to the public topic."""
        door: ports.PublicDoor = self.engine.appender
        return await door.comment(fields)

    async def append_once(self, stage: str, record_id: str, envelope: Envelope) -> None:
        """Append, unless this record was appended before."""
        append: AppendOnce = self.engine.appender
        await append(stage, 0, record_id, envelope)

    def start(self, *stages: Stage[Any]) -> None:
        """Start an agent for each stage."""
        for each in stages:
            self.readers[each.stream] = each.name
            self.put_to_work(self.engine.agents_of(each))

    async def until(self, reached: Callable[[], Awaitable[bool]]) -> None:
        """Wait until `reached` says so."""
        async with asyncio.timeout(20):
            while not await reached():
                for _, task in self.agents:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.01)

    async def fields(self, stream: str) -> list[dict[bytes, bytes]]:
        """What the stream's stage has not finished; all there is where nobody reads it, and of the public stream."""
        stage = self.readers.get(stream)
        if stage is None or stream == PUBLIC_STREAM:
            return await self.read(stream)
        await self._committed()
        topic = TopicPartition(self.engine.names.stream(stream), 0)
        first = (await self.engine.offsets.finished(stage, [topic]))[topic]
        put_off = [dict(account.fields) for account in (await self._accounts(stage)).values()]
        return [*put_off, *await self.read(stream, 0, first)]

    async def ends(self) -> list[EndState]:
        """The end states of the first partition."""
        return [decode(EndState, fields[b"d"]) for fields in await self.read(EVENTS)]

    async def ends_everywhere(self) -> list[EndState]:
        """The end states."""
        topics = await self.engine.offsets.partitions(self.engine.names.stream(EVENTS))
        return [
            decode(EndState, fields[b"d"])
            for topic in topics
            for fields in await self.read(EVENTS, topic.partition)
        ]

    async def until_ended(self, count: int) -> list[EndState]:
        """Let the stages work until so many comments have ended."""

        async def reached() -> bool:
            return len(await self.ends_everywhere()) >= count

        await self.until(reached)
        return await self.ends_everywhere()

    async def until_in_hand(self, count: int) -> None:
        """Let the stages work until they have so many entries in hand."""

        async def reached() -> bool:
            return sum(agent.in_hand for agent, _ in self.agents) == count

        await self.until(reached)

    async def letters(self) -> list[DeadLetter]:
        """The dead letters, without where they lie."""
        letters: ports.DeadLetters[Listed] = self.engine.dead_letters
        listed = [each async for each in letters.all()]
        self.listed.extend(listed)
        return [each.letter for each in listed]

    async def redrive(self, letter: DeadLetter) -> None:
        """Send back a dead letter that `letters` gave. Raises NoSuchDeadLetter where it no longer lies there."""
        redriver: ports.Redriver[Listed] = self.engine.redriver
        await redriver.redrive([each for each in self.listed if each.letter == letter][-1])

    async def waiting(self, stage: str) -> int:
        """How many entries of the stage wait for a later time."""
        return sum(not account.deliveries for account in (await self._accounts(stage)).values())

    async def earlier(self, seq: str) -> int:
        """How many comments before `seq` are unfinished."""
        await self._committed()
        watermark: ports.Watermark = self.engine.watermark
        return await watermark.earlier("", seq)

    async def leave(self, *seqs: str) -> None:
        """These comments hold nobody up any more."""
        watermark: ports.Watermark = self.engine.watermark
        await watermark.leave("", seqs)

    async def _committed(self) -> None:
        """Appends are seen before the offset is committed that frees the entry they came from (see ports): wait for
        that, since other engines do both at once."""

        async def committed() -> bool:
            return all([await agent.commit() for agent, _ in self.agents])

        await self.until(committed)

    async def read(self, stream: str, partition: int = 0, start: int = 0) -> list[dict[bytes, bytes]]:
        """All that was appended to a partition, from an offset on."""
        topic = TopicPartition(self.engine.names.stream(stream), partition)
        async with self.engine.look.reader() as reader:
            return [
                from_message(stream, each.value, each.headers) async for each in scan(reader, topic, start)
            ]

    async def _accounts(self, stage: str) -> dict[bytes, Account]:
        topic = TopicPartition(self.engine.names.accounts(stage), 0)
        accounts: dict[bytes, Account] = {}
        async with self.engine.look.reader() as reader:
            async for each in scan(reader, topic, 0):
                accounts.pop(each.key, None)
                if each.value is not None and each.key != TAKEN:
                    accounts[each.key] = read_account(each.value)
        return accounts


def settings_on(broker: KafkaBroker, **given: Any) -> RuntimeSettings:
    """The settings of a run of its own, whose topics are made."""
    settings = RuntimeSettings(
        engine="kafka",
        kafka_url=broker.url,
        key_prefix=f"run{next(_numbers)}.",
        lease_seconds=LEASE_SECONDS,
        **given,
    )
    topics = topics_of(Names(settings.key_prefix), STAGES, settings.replay_seconds)
    broker.make(topics, settings.partitions)
    return settings


@asynccontextmanager
async def kafka_rig_on(broker: KafkaBroker, **given: Any) -> AsyncIterator[KafkaRig]:
    """A rig; its agents are killed at the end."""
    settings = settings_on(broker, **given)
    async with open_kafka(settings, {stage: stage for stage in STAGES}, "door") as engine:
        rig = KafkaRig(engine)
        try:
            yield rig
        finally:
            await rig.kill()
