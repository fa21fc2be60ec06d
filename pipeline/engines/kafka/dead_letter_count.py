"""Counts dead letters where they lie."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from pipeline.dead_letter_watch import Count, Page
from pipeline.engines.kafka.look import Look
from pipeline.engines.kafka.names import Names
from pipeline.engines.kafka.table import Line, TopicTable
from pipeline.settlement import DEAD


@dataclass(frozen=True, slots=True)
class _Lying:
    offset: int
    came_ms: int
    stage: str
    error: str


class DeadLetterCount:
    """One page holds all that a partition has."""

    def __init__(self, look: Look, names: Names) -> None:
        self._look, self._topic = look, names.stream(DEAD)
        self._table: TopicTable | None = None
        self._lying: defaultdict[int, dict[bytes, _Lying]] = defaultdict(dict)

    async def __call__(self, partition: int, after: str) -> Page:
        """What came to the partition after the page that ended with `after`. Raises what aiokafka raises."""
        if self._table is None:
            self._table = await self._look.table(self._topic, self._hear)
        await self._table.caught_up()
        lying = self._lying[partition].values()
        further = [each for each in lying if each.offset > int(after or -1)]
        numbers = Counter((each.stage, each.error) for each in further)
        oldest: dict[tuple[str, str], int] = {}
        for each in further:
            kind = each.stage, each.error
            oldest[kind] = min(oldest.get(kind, each.came_ms), each.came_ms)
        counts = tuple(Count(*kind, number, oldest[kind]) for kind, number in numbers.items())
        last = str(max(each.offset for each in further)) if further else ""
        return Page(last, len(lying), counts)

    def _hear(self, line: Line) -> None:
        lying = self._lying[line.partition]
        if line.value is None:
            lying.pop(line.key, None)
        else:
            headers = {name: (value or b"").decode(errors="backslashreplace") for name, value in line.headers}
            stage, error = headers.get("stage", ""), headers.get("error", "")
            lying[line.key] = _Lying(line.offset, line.timestamp_ms, stage, error)
