"""The dead letters of the engine that the settings name, and the way back from there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.engines.redis.connection import REDIS_AWAY, connect
from pipeline.engines.redis.dead_letters import DeadLetters
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.redriver import Redriver
from pipeline.ports import DeadLetters as AnyDeadLetters
from pipeline.ports import Lying
from pipeline.redrive_one import Redriven
from pipeline.settings import RuntimeSettings


class AnyRedriver(Protocol):
    """Sends dead letters back (see ports.Redriver)."""

    async def redrive(self, listed: Any) -> Redriven:
        """Send one back."""


@dataclass(frozen=True, slots=True)
class DeadLetterOffice:
    """Where dead letters lie: in `store`, which raises one of `away` while it is away."""

    letters: AnyDeadLetters[Lying]
    redriver: AnyRedriver
    store: str
    away: tuple[type[Exception], ...]


@asynccontextmanager
async def open_office(settings: RuntimeSettings) -> AsyncIterator[DeadLetterOffice]:
    """Connect, and close at the end. Kafka raises at once where it is away, Redis at the first question."""
    if settings.engine == "kafka":
        # Only here: what runs on Redis loads no Kafka.
        from pipeline.engines.kafka.connection import KAFKA_AWAY
        from pipeline.engines.kafka.engine import open_kafka

        async with open_kafka(settings) as kafka:
            yield DeadLetterOffice(kafka.dead_letters, kafka.redriver, "Kafka", KAFKA_AWAY)
        return
    redis, keys = connect(settings.redis_url), Keys(settings.key_prefix)
    try:
        letters = DeadLetters(redis, keys, settings.partitions)
        yield DeadLetterOffice(letters, Redriver(redis, keys), "Redis", REDIS_AWAY)
    finally:
        await redis.aclose()
