"""Appends from outside the stages."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.engines.kafka.look import Look
from pipeline.engines.kafka.message import to_public
from pipeline.engines.kafka.producer import Message, Producer
from pipeline.engines.kafka.table import Line, TopicTable
from pipeline.envelope import Envelope
from pipeline.settlement import Append
from pipeline.stage import PUBLIC_STREAM

_PLACE = "streamer"  # the field of a comment whose comments keep their order


class KafkaAppender:
    """Appends comments to the public topic, and relayed records to the stages' topics."""

    def __init__(self, producer: Producer, look: Look) -> None:
        self._producer, self._look = producer, look
        self._appended: set[bytes] = set()
        self._once: TopicTable | None = None

    async def comment(self, fields: Mapping[str, str]) -> str:
        """Append to the public stream. Returns the entry's id once Kafka has acknowledged it."""
        key = fields.get(_PLACE, "").encode()
        topic = self._producer.names.stream(PUBLIC_STREAM)
        return await self._producer.send(Message(topic, None, key, to_public(fields)))

    async def __call__(self, stage: str, partition: int, record_id: str, envelope: Envelope) -> None:
        """Append to a stage's stream, unless this record was appended before (remembered for a week). First it is
        appended and then remembered: where we break off in between, it is appended twice."""
        key = record_id.encode()
        if self._once is None:
            self._once = await self._look.table(self._producer.names.once, self._hear)
        await self._once.caught_up()
        if key in self._appended:
            return
        await self._producer.append(Append(stage, partition, envelope.fields()))
        await self._producer.send(Message(self._producer.names.once, partition, key, b"1"))
        self._appended.add(key)

    def _hear(self, line: Line) -> None:
        """A record was appended, perhaps by another process."""
        self._appended.add(line.key)
