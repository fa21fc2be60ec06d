"""How long everything took, from the hops that end states carry: exact to the millisecond."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Hops = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Journey:
    """A comment's way: when it was sent (epoch milliseconds), when Redis took it, and its hops."""

    sent_ms: float
    taken_ms: int
    hops: Hops

    @property
    def to_order_ms(self) -> float | None:
        """From the message to the order that stands in the database; None without an order."""
        done = {hop[0]: (hop[2], hop[3]) for hop in self.hops}
        moment, note = done.get("order", (0, {}))
        return moment - self.sent_ms if "order" in note else None

    def stages_ms(self) -> Iterator[tuple[str, float]]:
        """What each stage took, its queue included: from the end of the one before to its own end. A cancellation,
        which waits at `order` for the claims before it, is told apart."""
        yield "queue", max(0, self.hops[0][1] - self.taken_ms)
        before, last = self.taken_ms, ""
        for stage, _, done, _ in self.hops:
            name = "cancellation" if stage == "order" and last != "vision" else stage
            yield name, max(0, done - before)
            before, last = done, stage


def journeys(sent_ms: Mapping[UUID, float], ends: Iterable[tuple[UUID, str, Hops]]) -> list[Journey]:
    """The ways of those that were sent, by (comment id, seq, hops)."""
    return [
        Journey(sent_ms[comment], int(seq.partition("-")[0]), hops)
        for comment, seq, hops in ends
        if comment in sent_ms
    ]


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that so large a share does not exceed; None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)] if ordered else None


def stage_percentiles(ways: Iterable[Journey], share: float) -> dict[str, float | None]:
    """For each stage."""
    took: dict[str, list[float]] = defaultdict(list)
    for way in ways:
        for stage, milliseconds in way.stages_ms():
            took[stage].append(milliseconds)
    return {stage: percentile(values, share) for stage, values in took.items()}
