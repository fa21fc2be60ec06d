"""The dead letters of all partitions: list, find, purge.

They lie in a compacted topic, each under its stage and its entry's id. A tombstone takes one away, whether it was sent
back or purged, and compaction then frees its bytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog
from aiokafka import ConsumerRecord, TopicPartition

from pipeline.dead_letter import EVERYTHING, DeadLetter, NoSuchDeadLetter, Selection, read_dead_letter
from pipeline.engines.kafka.look import Look
from pipeline.engines.kafka.message import entry_id, from_message, partition_of_id
from pipeline.engines.kafka.offsets import Offsets
from pipeline.engines.kafka.producer import Message, Producer
from pipeline.engines.kafka.scan import scan
from pipeline.envelope import SEQ
from pipeline.settlement import DEAD

_PAGE = 100


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

    def __init__(self, producer: Producer, look: Look, offsets: Offsets) -> None:
        self._producer, self._look, self._offsets = producer, look, offsets
        self._topic = producer.names.stream(DEAD)
        self._log = structlog.get_logger()

    async def all(self, selection: Selection = EVERYTHING) -> AsyncIterator[Listed]:
        """The selected dead letters, oldest first within a partition, of those that lie there when this begins."""
        topics = await self._offsets.partitions(self._topic)
        standing = [(topic, await self._standing(topic)) for topic in topics]
        for topic, offsets in standing:
            async for listed in self._listed(topic, offsets):
                if _is_in_time(selection, listed) and selection.matches(listed.letter):
                    yield listed

    async def find(self, dead_id: str) -> Listed:
        """The dead letter with this id (see `Listed.id`). Raises NoSuchDeadLetter."""
        for topic in await self._offsets.partitions(self._topic) if SEQ.fullmatch(dead_id) else ():
            if topic.partition == partition_of_id(dead_id):
                async for listed in self._listed(topic, await self._standing(topic)):
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
        return listed.offset in await self._standing(
            TopicPartition(self._topic, listed.partition), listed.offset
        )

    async def take_away(self, listed: Listed) -> None:
        """It no longer lies there."""
        await self._producer.send(Message(self._topic, listed.partition, listed.key, None))

    async def _standing(self, topic: TopicPartition, start: int | None = None) -> list[int]:
        """The offsets, from `start` on, of the letters that nothing has replaced or taken away."""
        last: dict[bytes, int] = {}
        async with self._look.reader() as reader:
            async for record in scan(reader, topic, start):
                last.pop(record.key, None)
                if record.value is not None:
                    last[record.key] = record.offset
        return list(last.values())

    async def _listed(self, topic: TopicPartition, offsets: Sequence[int]) -> AsyncIterator[Listed]:
        """A page at a time, so that whoever looks at a letter may look elsewhere meanwhile."""
        for first in range(0, len(offsets), _PAGE):
            page = frozenset(offsets[first : first + _PAGE])
            async with self._look.reader() as reader:
                records = scan(reader, topic, min(page), max(page) + 1)
                found = [_listed(record) async for record in records if record.offset in page]
            for listed in found:
                yield listed


def _listed(record: ConsumerRecord) -> Listed:
    letter = read_dead_letter(from_message(DEAD, record.value, record.headers))
    return Listed(record.partition, record.offset, record.timestamp, record.key, letter)


def _is_in_time(selection: Selection, listed: Listed) -> bool:
    before_ms = selection.before_ms
    return selection.since_ms <= listed.timestamp_ms and (
        before_ms is None or listed.timestamp_ms < before_ms
    )
