"""The throughput benchmark's comments, under many streamers: each partition gets as many."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.throughput.comments import comments
from pipeline.decision import partition_of

_MOST_PARTITIONS, _EACH = 4, 8


def crowded(count: int) -> Iterator[list[str]]:
    """`count` comments, each names and values in turn."""
    streamers = _streamers()
    for number, comment in enumerate(comments(count)):
        told = {**comment, "streamer": streamers[number % len(streamers)]}
        yield [part for pair in told.items() for part in pair]


def _streamers() -> list[str]:
    """Names that fall into the partitions in turn, be they 1, 2 or 4."""
    found: dict[int, list[str]] = {partition: [] for partition in range(_MOST_PARTITIONS)}
    number = 0
    while min(map(len, found.values())) < _EACH:
        name = f"shop.{number}"
        found[partition_of(name, _MOST_PARTITIONS)].append(name)
        number += 1
    return [found[partition][number] for number in range(_EACH) for partition in range(_MOST_PARTITIONS)]
