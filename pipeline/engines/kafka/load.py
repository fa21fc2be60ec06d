"""How much a stage has to do, asked of Kafka."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from pipeline.backlog_watch import Load
from pipeline.engines.kafka.accounts import TAKEN, read_account
from pipeline.engines.kafka.look import Look
from pipeline.engines.kafka.names import Names
from pipeline.engines.kafka.offsets import Offsets
from pipeline.engines.kafka.table import Line, TopicTable
from pipeline.engines.kafka.watermark import rank
from pipeline.stage import PUBLIC_STREAM


@dataclass(slots=True)
class Waiting:
    """What a stage's accounts say: when each entry is due, by its id; in somebody's hands since ever."""

    due_ms: defaultdict[int, dict[bytes, int]] = field(default_factory=lambda: defaultdict(dict))

    def hear(self, line: Line) -> None:
        """A message of the accounts."""
        if line.value is None:
            self.due_ms[line.partition].pop(line.key, None)
        elif line.key != TAKEN:
            self.due_ms[line.partition][line.key] = read_account(line.value).due_ms


class KafkaLoad:
    """Weighs streams; `clock` gives epoch seconds."""

    def __init__(
        self, look: Look, offsets: Offsets, names: Names, clock: Callable[[], float] = time.time
    ) -> None:
        self._look, self._offsets, self._names, self._clock = look, offsets, names, clock
        self._waiting: dict[str, tuple[TopicTable, Waiting]] = {}

    async def __call__(self, stream: str, stage: str, partition: int) -> Load:
        """The load of `stage`, which reads `stream`, on a partition. Kafka counts up to the last offset that was
        committed: `unread` includes what is in hand. Raises what aiokafka raises."""
        topic = TopicPartition(self._names.stream(stream), partition)
        finished, ends = await self._offsets.finished(stage, [topic]), await self._offsets.ends([topic])
        unread = max(0, ends[topic] - finished[topic])
        due_ms = await self._due_ms(stage, partition)
        now_ms = int(self._clock() * 1000)
        times = [rank(each.decode())[0] for each in due_ms]
        if unread:
            times.append(rank(await self._look.id_at(topic, finished[topic]))[0])
        length = unread
        if stream == PUBLIC_STREAM:
            length = ends[topic] - (await self._offsets.begins([topic]))[topic]
        return Load(
            length=length + (0 if stream == PUBLIC_STREAM else len(due_ms)),
            unread=unread,
            lag=unread,
            retries=len(due_ms),
            due=sum(due <= now_ms for due in due_ms.values()),
            oldest_seconds=max(0.0, (now_ms - min(times)) / 1000) if times else None,
        )

    async def _due_ms(self, stage: str, partition: int) -> dict[bytes, int]:
        if stage not in self._waiting:
            waiting = Waiting()
            table = await self._look.table(self._names.accounts(stage), waiting.hear)
            self._waiting[stage] = (table, waiting)
        table, waiting = self._waiting[stage]
        await table.caught_up()
        return waiting.due_ms[partition]
