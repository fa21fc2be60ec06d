"""Settlements as the rows that settle.lua reads."""

from __future__ import annotations

from typing import Any

from pipeline.engines.redis.forwarding import Places, place_of
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.watermark import member
from pipeline.envelope import NAMES
from pipeline.settlement import DEAD, EVENTS, Append, Postponed, Settlement, Step


def rank(entry_id: str) -> tuple[int, int]:
    """By this the ids sort as they do in a stream."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number)


def row(settlement: Settlement, keys: Keys, places: Places) -> tuple[Any, ...]:
    """The settlement's row; what it writes to is noted in `places`."""
    if isinstance(settlement, Postponed):
        account = f"{settlement.attempts}:{settlement.first_failed_ms}"
        return settlement.entry_id, False, settlement.due_ms, account
    entry_id, appends, step, _ = settlement
    return (
        entry_id,
        [_append(append, keys, places) for append in appends],
        step is not None and _step(step, keys, places),
    )


def _append(append: Append, keys: Keys, places: Places) -> tuple[int, tuple[str | bytes, ...]]:
    stream, partition, fields = append
    key = keys.stream(stream, partition)
    if stream not in (EVENTS, DEAD):
        places.onward.add(key)
    return place_of(places.streams, key), fields[1::2] if fields[::2] == NAMES else fields


def _step(step: Step, keys: Keys, places: Places) -> tuple[int, str, str]:
    key = keys.unfinished(step.partition)
    return place_of(places.sets, key), "+" if step.begins else "-", member(step.seq)
