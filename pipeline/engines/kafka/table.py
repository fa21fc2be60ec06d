"""A compacted topic, read from its beginning and then on and on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.cancellation import cancel
from pipeline.engines.kafka.connection import KAFKA_AWAY
from pipeline.engines.kafka.message import Headers

_POLL_MS = 200
_REST_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the topic; `value` is None for a tombstone."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    value: bytes | None
    headers: Headers = ()


class TopicTable:
    """Tells `hear` each message of the topic's `partitions`, in their order, within `async with`. Whoever says what
    the messages come to keeps it: the last one under a key counts."""

    def __init__(
        self, client: AIOKafkaConsumer, topic: str, partitions: Sequence[int], hear: Callable[[Line], None]
    ) -> None:
        self._client, self._hear = client, hear
        self._topics = [TopicPartition(topic, partition) for partition in partitions]
        self._read_up_to = dict.fromkeys(self._topics, 0)
        self._moved = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._client.start()
            self._client.assign(self._topics)
            await self._client.seek_to_beginning()
        except BaseException:  # cancelled, too: nobody else closes what was opened
            await self._client.stop()
            raise
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: Any) -> None:
        if self._reader:
            await cancel([self._reader])
        await self._client.stop()

    async def run(self) -> None:
        """Wait for ever. Raises what hearing failed with."""
        if self._reader:
            await asyncio.wait([self._reader])
            self._reader.result()

    async def caught_up(self) -> None:
        """Wait until all that lies in the topic now was heard. Raises what a broken reader failed with."""
        ends = await self._client.end_offsets(self._topics)
        while any(self._read_up_to[topic] < end for topic, end in ends.items()):
            if self._reader and self._reader.done():
                self._reader.result()
            self._moved.clear()
            await self._moved.wait()

    async def _read(self) -> None:
        try:
            while True:
                try:
                    await self._read_on()
                except KAFKA_AWAY:
                    await asyncio.sleep(_REST_SECONDS)
        finally:
            self._moved.set()

    async def _read_on(self) -> None:
        given = await self._client.getmany(timeout_ms=_POLL_MS)
        for messages in given.values():
            for each in messages:
                key = each.key or b""
                line = Line(each.partition, each.offset, each.timestamp, key, each.value, each.headers)
                self._hear(line)
        for topic in given or self._topics:
            self._read_up_to[topic] = await self._client.position(topic)
        self._moved.set()
