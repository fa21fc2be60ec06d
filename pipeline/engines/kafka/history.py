"""What came through the public door, as far back as the public topic goes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from aiokafka import ConsumerRecord, TopicPartition

from pipeline.engines.kafka.look import Look
from pipeline.engines.kafka.message import entry_id, from_message
from pipeline.engines.kafka.names import Names
from pipeline.engines.kafka.offsets import Offsets
from pipeline.engines.kafka.scan import scan
from pipeline.engines.kafka.watermark import rank
from pipeline.replay import PastEntry, Span
from pipeline.stage import PUBLIC_STREAM

_PAGE = 500


class KafkaHistory:
    """The entries of the public topic. Reads only; every method raises what aiokafka raises."""

    def __init__(self, look: Look, offsets: Offsets, names: Names, page: int = _PAGE) -> None:
        self._look, self._offsets, self._topic, self._page = look, offsets, names.stream(PUBLIC_STREAM), page

    async def bounds(self, span: Span) -> Span | None:
        """The smallest span within `span` that holds all its entries; None where there are none."""
        ranges = await self._ranges(span)
        times = []
        for topic, (first, end) in ranges.items():
            times += [each.timestamp for each in await self._read(topic, first, first + 1)]
            times += [each.timestamp for each in await self._read(topic, end - 1, end)]
        return Span(min(times), max(times) + 1) if times else None

    async def pages(self, span: Span) -> AsyncIterator[Sequence[PastEntry]]:
        """The entries of the span in the order of their ids: a page of each partition is read, and given out as far as
        no other partition can have anything earlier."""
        ranges = await self._ranges(span)
        while ranges:
            read = {
                topic: await self._read(topic, first, min(end, first + self._page))
                for topic, (first, end) in ranges.items()
            }
            lasts = [
                _rank(read[topic][-1])
                for topic, (first, end) in ranges.items()
                if read[topic] and first + self._page < end
            ]
            known = min(lasts, default=None)
            given = [each for page in read.values() for each in page if known is None or _rank(each) <= known]
            yield [_entry(each) for each in sorted(given, key=_rank)]
            if known is None:
                return
            for each in given:
                topic = TopicPartition(self._topic, each.partition)
                ranges[topic] = (max(ranges[topic][0], each.offset + 1), ranges[topic][1])
            ranges = {topic: (first, end) for topic, (first, end) in ranges.items() if first < end}

    async def _ranges(self, span: Span) -> dict[TopicPartition, tuple[int, int]]:
        """From which offset up to which one the span reaches, where it holds something."""
        topics = await self._offsets.partitions(self._topic)
        begins, ends = await self._offsets.begins(topics), await self._offsets.ends(topics)
        ranges = {}
        for topic in topics:
            first = await self._since(span.first_ms, topic, begins[topic], ends[topic])
            ranges[topic] = (first, await self._since(span.end_ms, topic, first, ends[topic]))
        return {topic: (first, end) for topic, (first, end) in ranges.items() if first < end}

    async def _since(self, moment_ms: int, topic: TopicPartition, first: int, end: int) -> int:
        """The first offset of that time or later. Found by halves: the topic is in the order of the broker's clock, and
        not every broker looks offsets up by time."""
        while first < end:
            middle = (first + end) // 2
            if rank(await self._look.id_at(topic, middle))[0] < moment_ms:
                first = middle + 1
            else:
                end = middle
        return first

    async def _read(self, topic: TopicPartition, first: int, end: int) -> list[ConsumerRecord]:
        async with self._look.reader() as reader:
            return [record async for record in scan(reader, topic, first, end)]


def _rank(record: ConsumerRecord) -> tuple[int, int]:
    return rank(entry_id(record.timestamp, record.offset, record.partition))


def _entry(record: ConsumerRecord) -> PastEntry:
    seq = entry_id(record.timestamp, record.offset, record.partition)
    return PastEntry(seq, from_message(PUBLIC_STREAM, record.value, record.headers))
