"""A histogram that takes many observations at once tells what it would tell of one after the other."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from pipeline.metrics import Distribution

BOUNDS = (0.5, 1.0, 4.0)
AMOUNTS = st.lists(st.one_of(st.sampled_from(BOUNDS), st.integers(0, 40).map(lambda eighths: eighths / 8)))


@given(AMOUNTS)
def test_all_at_once_counts_as_one_by_one(amounts: list[float]) -> None:
    told = []
    for at_once in (True, False):
        registry = CollectorRegistry()
        seconds = Distribution("seconds", "", ["stage"], buckets=BOUNDS, registry=registry).labels("first")
        if at_once:
            seconds.observe_all(Counter(amounts))
        for amount in () if at_once else amounts:
            seconds.observe(amount)
        [family] = registry.collect()
        told.append(
            {(s.name, s.labels.get("le")): s.value for s in family.samples if "created" not in s.name}
        )
    assert told[0] == told[1]
