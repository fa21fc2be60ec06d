"""Looks into topics, for whoever wants to know what lies there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.engines.kafka.clients import Clients
from pipeline.engines.kafka.message import entry_id
from pipeline.engines.kafka.offsets import Offsets
from pipeline.engines.kafka.table import Line, TopicTable

_ANSWER_SECONDS = 10.0


class Look:
    """Opens what it is asked for, and leaves it open until `stack` is closed."""

    def __init__(self, clients: Clients, offsets: Offsets, stack: AsyncExitStack) -> None:
        self._clients, self._offsets, self._stack = clients, offsets, stack
        self._peeking = asyncio.Lock()
        self._peeker: AIOKafkaConsumer = None

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[AIOKafkaConsumer]:
        """The one consumer that looks, while nobody else does."""
        async with self._peeking:
            if self._peeker is None:
                self._peeker = await self._stack.enter_async_context(self._clients.reading())
            yield self._peeker

    async def table(self, topic: str, hear: Callable[[Line], None]) -> TopicTable:
        """A compacted topic, with all its partitions."""
        partitions = [each.partition for each in await self._offsets.partitions(topic)]
        return await self._stack.enter_async_context(self._clients.table(topic, partitions, hear))

    async def id_at(self, topic: TopicPartition, offset: int) -> str:
        """The id of the entry at an offset, or of the next one where compaction or age took that. Raises
        TimeoutError."""
        async with self.reader() as reader:
            reader.assign([topic])
            reader.seek(topic, offset)
            async with asyncio.timeout(_ANSWER_SECONDS):
                record = await reader.getone(topic)
        return entry_id(record.timestamp, record.offset, record.partition)
