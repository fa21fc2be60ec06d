"""Settlements as the rows that settle.lua reads, and envelopes as the one field in which streams hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from pipeline.engines.redis.forwarding import Places, place_of
from pipeline.engines.redis.handed_on import HandedOn
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.watermark import member
from pipeline.envelope import NAMES, VERSION_TEXT, Envelope, Values
from pipeline.settlement import DEAD, EVENTS, Fields, Onward, Postponed, Settled, Settlement, Step

PACKED = b"e"
"""The field that holds the values of an envelope, line by line in the order of NAMES; append_entry.lua writes it.
Another form would take another name."""

_LINES = len(NAMES)


def packed(content: Envelope | Fields) -> Fields | bytes:
    """An envelope as the value of PACKED. Other fields stay what they are; so do those of an envelope in which a line
    would break."""
    if not isinstance(content, Envelope):
        return content
    comment_id, seq, at, trace, hops, data, _ = content
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


def in_order(settlements: Iterable[Settlement]) -> list[Settlement]:
    """By the ids of their entries, as they lie in the stream; those of one entry stay as they came."""
    settlements = list(settlements)
    numbers = iter(map(int, "-".join([each.entry_id for each in settlements]).split("-")))
    ranked = zip(zip(numbers, numbers, strict=True), settlements, strict=True)
    return [settlement for _, settlement in sorted(ranked, key=itemgetter(0))] if settlements else []


def rank(entry_id: str) -> tuple[int, int]:
    """By this the ids sort as they do in a stream."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number)


class Row(NamedTuple):
    """What settle.lua is told of an entry; it reads a batch by columns. Above 0 `place` is the stream that `said`, a
    packed envelope, goes to; at 0 `said` is a list of places and of what is appended there, at POSTPONED when the entry
    is due, and its account. `step` is the place of the set of unfinished seqs that `member` is added to, below 0 taken
    from, 0 for none."""

    entry_id: str
    place: int
    said: Any
    step: int = 0
    member: str = ""


POSTPONED = -1


class Rows:
    """Makes the rows of a batch; `places` is what they write to, `counts` how many entries go to each place, and
    `handed_on` takes what stages will read."""

    def __init__(self, keys: Keys, handed_on: HandedOn) -> None:
        self.places = Places()
        self._keys, self._handed_on = keys, handed_on
        self._place_of: dict[tuple[str, int], int] = {}  # so that no key is made twice
        self.counts: Counter[int] = Counter()

    def of(self, settlements: Iterable[Settlement]) -> list[Row]:
        """A row for each settlement."""
        lines: list[tuple[bytes, Envelope]] = []
        rows = [
            self._onward(each, lines) if isinstance(each, Onward) else self._row(each) for each in settlements
        ]
        self.counts.update([row.place for row in rows])
        self._handed_on.put(lines)
        return rows

    def _onward(self, settled: Onward, lines: list[tuple[bytes, Envelope]]) -> Row:
        entry_id, target, partition, envelope, _, begins = settled
        place = self._place_of.get((target, partition)) or self._place(target, partition)
        said = packed(envelope)
        if not isinstance(said, bytes):
            self.counts[place] += 1
            return Row(entry_id, 0, [(place, said)], *self._step(settled.step))
        lines.append((said, envelope))
        if begins is None:
            return Row(entry_id, place, said)
        return Row(entry_id, place, said, *self._step(settled.step))

    def _row(self, settlement: Settled | Postponed) -> Row:
        if isinstance(settlement, Postponed):
            account = f"{settlement.attempts}:{settlement.first_failed_ms}"
            return Row(settlement.entry_id, POSTPONED, (settlement.due_ms, account))
        written = [
            (self._place(append.stream, append.partition), packed(append.content))
            for append in settlement.appends
        ]
        self.counts.update([place for place, _ in written])
        return Row(settlement.entry_id, 0, written, *self._step(settlement.step))

    def _place(self, stream: str, partition: int) -> int:
        key = self._keys.stream(stream, partition)
        if stream not in (EVENTS, DEAD):
            self.places.onward.add(key)
        place = self._place_of[stream, partition] = place_of(self.places.streams, key)
        return place

    def _step(self, step: Step | None) -> tuple[int, str]:
        if step is None:
            return 0, ""
        place = place_of(self.places.sets, self._keys.unfinished(step.partition))
        return place if step.begins else -place, member(step.seq)
