"""How far a stage's group is, as Kafka is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from faust.types import TP

from pipeline.engines.kafka.lane import Lane


class Commits:
    """Commits for `consumer`, a Faust app's, how far lanes of `topic` are.

    Not left to Faust, which takes a commit that was refused while partitions changed hands for done: then the last
    entries of a show would count as unfinished, and be handled again after the next change, until somebody writes anew.
    """

    def __init__(self, consumer: Any, topic: str) -> None:
        self._consumer, self._topic = consumer, topic
        self._committed: dict[TP, int] = {}
        self._one_at_a_time = asyncio.Lock()

    async def commit(self, lanes: Sequence[Lane]) -> None:
        """Commit what is finished and not committed yet; what is refused, with the next call. A failing broker crashes
        the app."""
        async with self._one_at_a_time:
            finished = {
                TP(self._topic, lane.partition): lane.inbox.finished_below
                for lane in lanes
                if lane.inbox.finished_below is not None
            }
            if new := dict(finished.items() - self._committed.items()):
                await self._commit(new)

    async def _commit(self, offsets: Mapping[TP, int]) -> None:
        assigned = self._consumer.assignment()
        ours = {topic: offset for topic, offset in offsets.items() if topic in assigned}
        if ours and await self._consumer._commit(ours):
            self._committed.update(ours)
