"""Appends to topics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from pipeline.engines.kafka.connection import KAFKA_AWAY
from pipeline.engines.kafka.message import Headers, entry_id, to_message
from pipeline.engines.kafka.names import Names
from pipeline.settlement import DEAD, Append

_ABSURD_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Message:
    """What to write where; without a value it is a tombstone."""

    topic: str
    partition: int | None
    key: bytes
    value: bytes | None
    headers: Headers = ()


class Producer:
    """Writes messages; each is safe, with all replicas that are in step, once its sending is awaited."""

    def __init__(self, client: AIOKafkaProducer, names: Names) -> None:
        self._client, self.names = client, names

    def message(self, append: Append) -> Message:
        """An append as a message. Its key says the partition, so that a tool that copies topics keeps the order; that
        of a dead letter whose it is, so that what is buried twice lies there once."""
        value, headers = to_message(append.stream, append.fields)
        topic, key = self.names.stream(append.stream), str(append.partition).encode()
        if append.stream == DEAD:
            key = letter_key(dict(headers))
        return Message(topic, append.partition, key, value, headers)

    async def append(self, append: Append) -> str:
        """Append an entry to a stream; returns its id."""
        return await self.send(self.message(append))

    async def send(self, message: Message) -> str:
        """Write one message; returns its id as an entry. Raises what aiokafka raises."""
        now_ms = int(time.time() * 1000)
        written = await (await self._begin(message, now_ms))
        # A broker that gives messages its own time says so. One whose time is absurd keeps ours all the same.
        told = written.timestamp if abs(written.timestamp - now_ms) < _ABSURD_MS else now_ms
        return entry_id(told, written.offset, written.partition)

    async def send_all(self, messages: Sequence[Message]) -> list[Message]:
        """Write messages in their order. Returns those that could not be written because Kafka is away; raises what
        else aiokafka raises."""
        sent = [(message, await self._tried(message)) for message in messages]
        return [message for message, sending in sent if not await _is_written(sending)]

    async def _tried(self, message: Message) -> Awaitable[RecordMetadata] | None:
        try:
            return await self._begin(message)
        except KAFKA_AWAY:
            return None

    async def _begin(self, message: Message, now_ms: int | None = None) -> asyncio.Future[RecordMetadata]:
        sending: asyncio.Future[RecordMetadata] = await self._client.send(
            message.topic,
            value=message.value,
            key=message.key,
            partition=message.partition,
            headers=list(message.headers),
            timestamp_ms=now_ms,
        )
        return sending


def letter_key(fields: Mapping[str, bytes]) -> bytes:
    """The key of the dead letter with these fields."""
    return fields.get("stage", b"") + b"/" + fields.get("entry_id", b"")


async def _is_written(sending: Awaitable[RecordMetadata] | None) -> bool:
    if sending is None:
        return False
    try:
        await sending
    except KAFKA_AWAY:
        return False
    return True
