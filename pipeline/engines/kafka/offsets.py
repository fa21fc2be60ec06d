"""Where topics end, and how far groups are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from pipeline.engines.kafka.names import Names


class Offsets:
    """Asks `reader`, which nobody else may use, and `admin`. Every method raises what aiokafka raises."""

    def __init__(self, reader: AIOKafkaConsumer, admin: AIOKafkaAdminClient, names: Names) -> None:
        self._reader, self._admin, self._names = reader, admin, names
        self._known: dict[str, list[TopicPartition]] = {}

    async def partitions(self, topic: str) -> list[TopicPartition]:
        """The partitions of a topic, as they were when it was first asked about."""
        if not self._known.get(topic):
            metadata = await self._reader._client.fetch_all_metadata()
            partitions = sorted(metadata.partitions_for_topic(topic) or ())
            self._known[topic] = [TopicPartition(topic, partition) for partition in partitions]
        return self._known[topic]

    async def ends(self, topics: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset that the next message will have."""
        ends: dict[TopicPartition, int] = await self._reader.end_offsets(topics)
        return ends

    async def begins(self, topics: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset of the oldest message that there may still be."""
        begins: dict[TopicPartition, int] = await self._reader.beginning_offsets(topics)
        return begins

    async def finished(self, stage: str, topics: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset below which the stage has finished everything."""
        told = await self._admin.list_consumer_group_offsets(
            self._names.group(stage), partitions=list(topics)
        )
        begins = await self.begins(topics)
        return {topic: max(told[topic].offset, begins[topic]) for topic in topics}

    async def lag(self, stage: str, stream: str) -> int:
        """How many entries of the stream the stage has not finished, whether they are in hand or unread."""
        topics = await self.partitions(self._names.stream(stream))
        if not topics:
            return 0
        finished, ends = await self.finished(stage, topics), await self.ends(topics)
        return sum(max(0, ends[topic] - finished[topic]) for topic in topics)
