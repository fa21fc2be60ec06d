"""The dead letters of all partitions: list, find, purge.

They lie in a compacted topic, each under its stage and its entry's id. A tombstone takes one away, whether it was sent
back or purged, and compaction then frees its bytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from pipeline.dead_letter import EVERYTHING, DeadLetter, NoSuchDeadLetter, Selection, read_dead_letter
from pipeline.engines.kafka.message import entry_id, from_message, partition_of_id
from pipeline.engines.kafka.producer import Message, Producer
from pipeline.engines.kafka.scan import scan
from pipeline.envelope import SEQ
from pipeline.settlement import DEAD


@dataclass(frozen=True, slots=True)
class Listed:
    """A dead letter and where it lies."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    letter: DeadLetter

    @property
    def id(self) -> str:
        """Its name among all dead letters."""
        return entry_id(self.timestamp_ms, self.offset, self.partition)


class DeadLetters:
    """The dead letters. Every method raises what aiokafka raises (see connection.KAFKA_AWAY for what passes by
    itself)."""

    def __init__(self, producer: Producer, new_consumer: Callable[[], AIOKafkaConsumer]) -> None:
        self._producer, self._new_consumer = producer, new_consumer
        self._topic = producer.names.stream(DEAD)
        self._log = structlog.get_logger()

    async def all(self, selection: Selection = EVERYTHING) -> AsyncIterator[Listed]:
        """The selected dead letters, oldest first within a partition, of those that lie there when this begins."""
        async with self._reader() as consumer:
            partitions = sorted(consumer.partitions_for_topic(self._topic) or ())
            standing = {each: await self._standing(consumer, each) for each in partitions}
            for partition in partitions:
                async for listed in self._listed(consumer, partition, standing[partition]):
                    if _is_in_time(selection, listed) and selection.matches(listed.letter):
                        yield listed

    async def find(self, dead_id: str) -> Listed:
        """The dead letter with this id (see `Listed.id`). Raises NoSuchDeadLetter."""
        if SEQ.fullmatch(dead_id):
            partition = partition_of_id(dead_id)
            async with self._reader() as consumer:
                if partition in (consumer.partitions_for_topic(self._topic) or ()):
                    standing = await self._standing(consumer, partition)
                    async for listed in self._listed(consumer, partition, standing):
                        if listed.id == dead_id:
                            return listed
        raise NoSuchDeadLetter(
            f"There is no dead letter {dead_id}; `tiktoksales dlq list` shows those there are."
        )

    async def purge(self, selection: Selection) -> int:
        """Delete the selected dead letters for good. Returns how many there were; logs their ids. Kafka frees their
        bytes when it compacts the topic next, within a day or so."""
        purged = 0
        async for listed in self.all(selection):
            await self.take_away(listed)
            purged += 1
            self._log.info("dead letter purged", id=listed.id, partition=listed.partition)
        return purged

    async def lies_there(self, listed: Listed) -> bool:
        """Whether nobody has taken it away since."""
        async with self._reader() as consumer:
            topic = TopicPartition(self._topic, listed.partition)
            async for record in scan(consumer, topic, listed.offset):
                if record.key == listed.key and record.offset > listed.offset:
                    return False
        return True

    async def take_away(self, listed: Listed) -> None:
        """It no longer lies there."""
        await self._producer.send(Message(self._topic, listed.partition, listed.key, None))

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[AIOKafkaConsumer]:
        async with self._new_consumer() as consumer:
            await consumer._client.fetch_all_metadata()
            yield consumer

    async def _standing(self, consumer: AIOKafkaConsumer, partition: int) -> set[int]:
        """The offsets of the letters that nothing has replaced or taken away."""
        last: dict[bytes, int] = {}
        async for record in scan(consumer, TopicPartition(self._topic, partition)):
            last.pop(record.key, None)
            if record.value is not None:
                last[record.key] = record.offset
        return set(last.values())

    async def _listed(
        self, consumer: AIOKafkaConsumer, partition: int, standing: set[int]
    ) -> AsyncIterator[Listed]:
        if standing:
            async for record in scan(consumer, TopicPartition(self._topic, partition), min(standing)):
                if record.offset in standing:
                    yield _listed(record)


def _listed(record: ConsumerRecord) -> Listed:
    letter = read_dead_letter(from_message(DEAD, record.value, record.headers))
    return Listed(record.partition, record.offset, record.timestamp, record.key, letter)


def _is_in_time(selection: Selection, listed: Listed) -> bool:
    before_ms = selection.before_ms
    return selection.since_ms <= listed.timestamp_ms and (
        before_ms is None or listed.timestamp_ms < before_ms
    )
