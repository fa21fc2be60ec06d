"""Who was first: how many comments before a given one are still on their way."""

from __future__ import annotations

import asyncio
import bisect
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from pipeline.decision import partition_of
from pipeline.engines.kafka.accounts import TAKEN
from pipeline.engines.kafka.look import Look
from pipeline.engines.kafka.offsets import Offsets
from pipeline.engines.kafka.producer import Message, Producer
from pipeline.engines.kafka.table import Line, TopicTable
from pipeline.stage import PUBLIC_STREAM

_PLACE_SECONDS = 600.0

Rank = tuple[int, int]


def rank(seq: str) -> Rank:
    """What the order of seqs is by."""
    milliseconds, number = seq.split("-")
    return int(milliseconds), int(number)


class Places:
    """Seqs in their order, of one partition."""

    def __init__(self) -> None:
        self._ranks: list[Rank] = []

    def hear(self, line: Line) -> None:
        """A message under the seq as its key: it is there, or, without a value, no longer."""
        if line.key == TAKEN:
            return
        mine = rank(line.key.decode())
        at = bisect.bisect_left(self._ranks, mine)
        is_there = at < len(self._ranks) and self._ranks[at] == mine
        if line.value is None and is_there:
            del self._ranks[at]
        elif line.value is not None and not is_there:
            self._ranks.insert(at, mine)

    def before(self, mine: Rank, since_ms: int) -> int:
        """How many there are before `mine`, but for those from before `since_ms`, which are forgotten."""
        del self._ranks[: bisect.bisect_left(self._ranks, (since_ms, 0))]
        return bisect.bisect_left(self._ranks, mine)


class KafkaWatermark:
    """Tells an exclusive stage what it must wait for so that the earlier comment wins.

    Three places are looked at, in the order in which a comment passes them: what the door's group has not committed,
    what waits in the door's accounts, and the compacted topic `unfinished`, where the door's stage sets a comment down
    before it sends it on, and a tombstone says that it ended or that the exclusive stage has settled it. Tables
    read the last two.

    What the door has passed once it has passed for good, so Kafka is asked only about later comments. A comment of more
    than ten minutes ago is left out, unless the door has not come to it.
    """

    def __init__(
        self,
        look: Look,
        offsets: Offsets,
        producer: Producer,
        door: str,
        partitions: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._look_into, self._offsets, self._producer, self._door = look, offsets, producer, door
        self._names = producer.names
        self._partitions, self._clock = partitions, clock
        self._unfinished: defaultdict[int, Places] = defaultdict(Places)
        self._put_off: defaultdict[int, Places] = defaultdict(Places)
        self._passed: Rank = (0, 0)
        self._looking = asyncio.Lock()
        self._tables: list[TopicTable] = []

    async def earlier(self, partition_key: str, seq: str) -> int:
        """How many comments before `seq` are unfinished in the partition of `partition_key` (at the door, where
        nothing is known of a comment yet, in any partition). Raises what aiokafka raises."""
        mine = rank(seq)
        at_the_door = 0 if mine <= self._passed else await self._look(mine)
        since_ms = int((self._clock() - _PLACE_SECONDS) * 1000)
        put_off = sum(places.before(mine, since_ms) for places in self._put_off.values())
        on_the_way = self._unfinished[partition_of(partition_key, self._partitions)]
        return at_the_door + put_off + on_the_way.before(mine, since_ms)

    async def leave(self, partition_key: str, seqs: Sequence[str]) -> None:
        """These comments of the partition lose their places (see ports.Watermark), as soon as the table has read it.
        Raises what aiokafka raises."""
        partition = partition_of(partition_key, self._partitions)
        for seq in seqs:
            await self._producer.send(Message(self._names.unfinished, partition, seq.encode(), None))

    async def _look(self, mine: Rank) -> int:
        async with self._looking:
            if mine <= self._passed:
                return 0
            topics = await self._offsets.partitions(self._names.stream(PUBLIC_STREAM))
            finished, ends = (
                await self._offsets.finished(self._door, topics),
                await self._offsets.ends(topics),
            )
            count, passed = 0, mine
            for topic in topics:
                if finished[topic] < ends[topic]:
                    first = rank(await self._look_into.id_at(topic, finished[topic]))
                    passed = min(passed, first)
                    count += ends[topic] - finished[topic] if first < mine else 0
            # Only now: whatever the door had passed by then is set down where the tables read it.
            for table in await self._read_tables():
                await table.caught_up()
            self._passed = max(self._passed, passed)
            return count

    async def _read_tables(self) -> list[TopicTable]:
        if not self._tables:
            put_off = await self._look_into.table(
                self._names.accounts(self._door), lambda line: self._put_off[line.partition].hear(line)
            )
            unfinished = await self._look_into.table(
                self._names.unfinished, lambda line: self._unfinished[line.partition].hear(line)
            )
            self._tables = [put_off, unfinished]
        return self._tables
