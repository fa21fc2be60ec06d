"""The streams on Kafka: everything that a process needs of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pipeline.engines.kafka.agent import StageAgent
from pipeline.engines.kafka.append import KafkaAppender
from pipeline.engines.kafka.clients import Clients
from pipeline.engines.kafka.connection import KAFKA_AWAY, Broker
from pipeline.engines.kafka.dead_letter_count import DeadLetterCount
from pipeline.engines.kafka.dead_letters import DeadLetters
from pipeline.engines.kafka.failure import KafkaUnavailable
from pipeline.engines.kafka.load import KafkaLoad
from pipeline.engines.kafka.look import Look
from pipeline.engines.kafka.names import Names
from pipeline.engines.kafka.offsets import Offsets
from pipeline.engines.kafka.producer import Producer
from pipeline.engines.kafka.redriver import Redriver
from pipeline.engines.kafka.topics import make_topics, topics_of
from pipeline.engines.kafka.watermark import KafkaWatermark
from pipeline.settings import RuntimeSettings
from pipeline.stage import Stage


class KafkaEngine:
    """What pipeline/ports.py promises, on one Kafka. `stages` names the stages and the streams they read, `door` the
    one that reads the public stream. What a process never asks for is never opened."""

    def __init__(
        self,
        settings: RuntimeSettings,
        clients: Clients,
        producer: Producer,
        offsets: Offsets,
        look: Look,
        stages: Mapping[str, str],
        door: str,
    ) -> None:
        self._settings, self._clients, self._offsets, self._stages = settings, clients, offsets, stages
        self.names, self.producer, self.look, self.offsets = producer.names, producer, look, offsets
        self.appender = KafkaAppender(producer, look)
        self.watermark = KafkaWatermark(look, offsets, producer, door, settings.partitions)
        self.dead_letters = DeadLetters(producer, look, offsets)
        self.redriver = Redriver(producer, self.dead_letters, offsets)
        self.dead_letter_count = DeadLetterCount(look, self.names)
        self.load = KafkaLoad(look, offsets, self.names)

    def agents_of(self, stage: Stage[Any]) -> list[StageAgent]:
        """This process' share of the stage (see ports.AgentsOf)."""
        return [StageAgent(stage, self._settings, self._clients, self.producer, self._lag)]

    async def _lag(self, stage: str) -> int:
        return await self._offsets.lag(stage, self._stages.get(stage, stage))


@asynccontextmanager
async def open_kafka(
    settings: RuntimeSettings, stages: Mapping[str, str] | None = None, door: str = ""
) -> AsyncIterator[KafkaEngine]:
    """Connect to KAFKA_URL, and make the topics of these stages that are missing (without stages none is made); close
    everything at the end. Raises KafkaFailed."""
    broker = Broker.of(settings.kafka_url)
    names, clients = Names(settings.key_prefix), Clients(broker)
    async with AsyncExitStack() as stack:
        admin = clients.admin()
        stack.push_async_callback(admin.close)
        try:
            await admin.start()
        except KAFKA_AWAY as error:
            raise KafkaUnavailable(broker.servers, error) from error
        if stages:
            topics = topics_of(names, stages, settings.replay_seconds)
            await make_topics(admin, topics, settings.partitions, settings.kafka_replication)
        producer = Producer(await stack.enter_async_context(clients.producer()), names)
        offsets = Offsets(await stack.enter_async_context(clients.reading()), admin, names)
        look = Look(clients, offsets, stack)
        yield KafkaEngine(settings, clients, producer, offsets, look, stages or {}, door)
