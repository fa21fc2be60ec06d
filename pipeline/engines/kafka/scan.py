"""A topic from its beginning to where it ends now."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

_POLL_MS = 1000


async def scan(
    consumer: AIOKafkaConsumer, topic: TopicPartition, start: int | None = None, end: int | None = None
) -> AsyncIterator[ConsumerRecord]:
    """The messages of one partition, from the offset `start` up to, but without, `end`; without these, all that are
    there now. Raises what aiokafka raises."""
    if end is None:
        end = (await consumer.end_offsets([topic]))[topic]
    consumer.assign([topic])
    if start is None:
        await consumer.seek_to_beginning(topic)
    else:
        consumer.seek(topic, start)
    while await consumer.position(topic) < end:
        given = await consumer.getmany(topic, timeout_ms=_POLL_MS)
        for record in given.get(topic, ()):
            if record.offset < end:
                yield record
