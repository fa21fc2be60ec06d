"""Makes the clients that speak with Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from pipeline.engines.kafka import connection
from pipeline.engines.kafka.connection import Broker
from pipeline.engines.kafka.table import Line, TopicTable

_LARGEST_BYTES = 8 * 1024 * 1024  # the broker's own limit, message.max.bytes, is usually the smaller one


class Clients:
    """Clients of one Kafka. None is connected before it is started."""

    def __init__(self, broker: Broker) -> None:
        self._options = broker.client_options()

    def producer(self) -> AIOKafkaProducer:
        """Writes in order, and once, whatever it must repeat."""
        return AIOKafkaProducer(**self._options, enable_idempotence=True, max_request_size=_LARGEST_BYTES)

    def consumer(self) -> AIOKafkaConsumer:
        """Reads what it is assigned, and joins no group."""
        return AIOKafkaConsumer(
            **self._options,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=connection.FETCH_WAIT_MS,
        )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AIOKafkaConsumer]:
        """A started consumer of no group."""
        consumer = self.consumer()
        await consumer.start()
        # One that is stopped before its first step ends in a cancellation that nobody asked for.
        await asyncio.sleep(0)
        try:
            yield consumer
        finally:
            await consumer.stop()

    def admin(self) -> AIOKafkaAdminClient:
        """Makes topics, and looks at groups."""
        return AIOKafkaAdminClient(**self._options)

    def table(self, topic: str, partitions: Sequence[int], hear: Callable[[Line], None]) -> TopicTable:
        """Reads a compacted topic."""
        return TopicTable(self.consumer(), topic, partitions, hear)
