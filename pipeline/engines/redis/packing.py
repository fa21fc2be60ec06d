"""Settlements as the rows that settle.lua reads, and envelopes as the one field in which streams hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from pipeline.engines.redis.forwarding import Places, place_of
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.watermark import member
from pipeline.envelope import NAMES
from pipeline.settlement import DEAD, EVENTS, Append, Fields, Postponed, Settlement, Step

PACKED = b"e"
"""The field that holds the values of an envelope, line by line in the order of NAMES; append_entry.lua writes it.
Another form would take another name."""

_NAMES = [name.encode() for name in NAMES]
_LINES_BEFORE_HOPS = len(NAMES) - 3


def packed(fields: Fields) -> Fields | bytes:
    """An envelope's fields as the value of PACKED. Whatever else they are, they stay what they are; so does an envelope
    in which a line would break."""
    if fields[::2] != NAMES:
        return fields
    hops, data = cast("tuple[bytes, bytes]", fields[-3::2])
    head = "\n".join(cast("tuple[str, ...]", fields[1:-4:2]))  # an envelope has text there
    if head.count("\n") != _LINES_BEFORE_HOPS or b"\n" in hops:
        return fields
    return b"%b\n%b\n%b" % (head.encode(), hops, data)


def unpacked(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """The fields of an entry, given as names and values in turn, in either form."""
    if len(flat) == 2 and flat[0] == PACKED:
        values = flat[1].split(b"\n", len(_NAMES) - 1)
        if len(values) == len(_NAMES):
            return dict(zip(_NAMES, values, strict=True))
    return paired(flat)


def paired(flat: Iterable[bytes]) -> dict[bytes, bytes]:
    """Names and values in turn, as a mapping."""
    parts = iter(flat)
    return dict(zip(parts, parts, strict=True))


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


def _append(append: Append, keys: Keys, places: Places) -> tuple[int, Fields | bytes]:
    stream, partition, fields = append
    key = keys.stream(stream, partition)
    if stream not in (EVENTS, DEAD):
        places.onward.add(key)
    return place_of(places.streams, key), packed(fields)


def _step(step: Step, keys: Keys, places: Places) -> tuple[int, str, str]:
    key = keys.unfinished(step.partition)
    return place_of(places.sets, key), "+" if step.begins else "-", member(step.seq)
