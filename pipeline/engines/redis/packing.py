"""Settlements as the rows that settle.lua reads, and envelopes as the one field in which streams hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.engines.redis.forwarding import Places, place_of
from pipeline.engines.redis.handed_on import HandedOn
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.watermark import member
from pipeline.envelope import NAMES, VERSION_TEXT, Envelope, Values
from pipeline.settlement import DEAD, EVENTS, Append, Fields, Handed, Postponed, Settlement, Step

PACKED = b"e"
"""The field that holds the values of an envelope, line by line in the order of NAMES; append_entry.lua writes it.
Another form would take another name."""

_LINES = len(NAMES)


def packed(content: Envelope | Fields) -> Fields | bytes:
    """An envelope as the value of PACKED. Other fields stay what they are; so do those of an envelope in which a line
    would break."""
    if not isinstance(content, Envelope):
        return content
    comment_id, seq, at, trace, hops, data = content
    head = f"{comment_id}\n{seq}\n{VERSION_TEXT}\n{at}\n{trace}"
    if head.count("\n") != _LINES - 3 or b"\n" in hops:
        return content.fields()
    return b"%b\n%b\n%b" % (head.encode(), hops, data)


def unpacked(flat: Sequence[bytes]) -> Mapping[bytes, bytes] | Values:
    """What an entry says whose names and values are given in turn, in either form."""
    if len(flat) == 2 and flat[0] == PACKED:
        values = flat[1].split(b"\n", _LINES - 1)
        if len(values) == _LINES:
            return values
    return paired(flat)


def paired(flat: Iterable[bytes]) -> dict[bytes, bytes]:
    """Names and values in turn, as a mapping."""
    parts = iter(flat)
    return dict(zip(parts, parts, strict=True))


def rank(entry_id: str) -> tuple[int, int]:
    """By this the ids sort as they do in a stream."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number)


class Rows:
    """Makes the rows of a batch; `places` is what they write to, `counts` how many entries go to each place, and
    `handed_on` takes what stages will read."""

    def __init__(self, keys: Keys, handed_on: HandedOn) -> None:
        self.places = Places()
        self._keys, self._handed_on = keys, handed_on
        self._place_of: dict[tuple[str, int], int] = {}  # so that no key is made twice
        self.counts: dict[int, int] = {}

    def row(self, settlement: Settlement) -> tuple[Any, ...]:
        """The settlement's row."""
        if isinstance(settlement, Postponed):
            account = f"{settlement.attempts}:{settlement.first_failed_ms}"
            return settlement.entry_id, False, settlement.due_ms, account
        entry_id, appends, step, _ = settlement
        written = [self._append(append) for append in appends]
        return entry_id, written, step is not None and self._step(step)

    def _append(self, append: Append) -> tuple[int, Fields | bytes]:
        stream, partition, content, record = append
        said = packed(content)
        if record is not None and isinstance(said, bytes) and isinstance(content, Envelope):
            self._handed_on.put(said, Handed(content, record))
        place = self._place_of.get((stream, partition)) or self._place(stream, partition)
        self.counts[place] += 1
        return place, said

    def _place(self, stream: str, partition: int) -> int:
        key = self._keys.stream(stream, partition)
        if stream not in (EVENTS, DEAD):
            self.places.onward.add(key)
        place = self._place_of[stream, partition] = place_of(self.places.streams, key)
        self.counts[place] = 0
        return place

    def _step(self, step: Step) -> tuple[int, str, str]:
        key = self._keys.unfinished(step.partition)
        return place_of(self.places.sets, key), "+" if step.begins else "-", member(step.seq)
