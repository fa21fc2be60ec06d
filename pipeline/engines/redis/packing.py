"""Settlements as the rows that settle.lua reads, and envelopes as the one field in which streams hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from pipeline.engines.redis.forwarding import Places, place_of
from pipeline.engines.redis.handed_on import HandedOn
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.watermark import member
from pipeline.envelope import NAMES, Envelope, Values, head_of
from pipeline.settlement import DEAD, EVENTS, Fields, Onward, Postponed, Settled, Settlement

PACKED = b"e"
"""The field that holds the values of an envelope, line by line in the order of NAMES; append_entry.lua writes it.
Another form would take another name."""

_LINES = len(NAMES)
_LINE_BREAK = ord("\n")  # a number is looked for ten times as fast as a text of one


def packed(content: Envelope | Fields) -> Fields | bytes:
    """An envelope as the value of PACKED. Other fields stay what they are; so do those of an envelope in which a line
    would break."""
    if not isinstance(content, Envelope):
        return content
    head = content.head or head_of(content.id, content.seq, content.at, content.trace)
    if not head or _LINE_BREAK in content.hops:
        return content.fields()
    return b"\n".join((head, content.hops, content.data))


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
    return sorted(settlements, key=lambda settlement: rank(settlement.entry_id))


def rank(entry_id: str) -> tuple[int, int]:
    """By this the ids sort as they do in a stream."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number)


Row: TypeAlias = tuple[str, int, Any, int, str]
"""What settle.lua is told of an entry, by its id. The second is a place: above 0 of the
stream that the third, a packed envelope, goes to; at 0 the third is a list of places and of what is appended there, at
POSTPONED when the entry is due, and its account. The fourth is the place of the set of unfinished seqs that the fifth
is added to, below 0 taken from, 0 for none."""

Columns: TypeAlias = Sequence[Sequence[Any]]
"""The rows of a batch as settle.lua reads them: all ids, then all places, and so on."""

POSTPONED = -1


class Rows:
    """Makes the rows of a batch, by columns; `places` is what they write to, `counts` how many entries go to each, and
    `handed_on` takes what stages will read."""

    def __init__(self, keys: Keys, handed_on: HandedOn) -> None:
        self.places = Places()
        self._keys, self._handed_on = keys, handed_on
        self._place_of: dict[tuple[str, int], int] = {}  # so that no key is made twice
        self._set_of: dict[int, int] = {}
        self.counts: Counter[int] = Counter()

    def of(self, settlements: Iterable[Settlement]) -> Columns:
        """What each settlement says, in their order."""
        ids: list[str] = []
        places: list[int] = []
        told: list[Any] = []
        steps: list[int] = []
        seqs: list[str] = []
        handed: dict[bytes, Envelope] = {}
        for each in settlements:
            if isinstance(each, Onward):
                entry_id, envelope, partition, begins = (
                    each.entry_id,
                    each.envelope,
                    each.partition,
                    each.begins,
                )
                place = self._place_of.get((each.target, partition)) or self._place(each.target, partition)
                said = packed(envelope)
                step, seq = (0, "") if begins is None else self._step(partition, envelope.seq, begins)
                if not isinstance(said, bytes):
                    _, place, said, _, _ = self._listed(entry_id, [(place, said)], step, seq)
                elif envelope.record is not None:
                    handed[said] = envelope
            else:
                entry_id, place, said, step, seq = self._row(each)
            ids.append(entry_id)
            places.append(place)
            told.append(said)
            steps.append(step)
            seqs.append(seq)
        self.counts.update(places)
        self._handed_on.put(handed)
        return ids, places, told, steps, seqs

    def _row(self, settlement: Settled | Postponed) -> Row:
        if isinstance(settlement, Postponed):
            account = f"{settlement.attempts}:{settlement.first_failed_ms}"
            return settlement.entry_id, POSTPONED, (settlement.due_ms, account), 0, ""
        said = [
            (self._place(append.stream, append.partition), packed(append.content))
            for append in settlement.appends
        ]
        step = settlement.step
        unfinished = self._step(step.partition, step.seq, step.begins) if step else (0, "")
        return self._listed(settlement.entry_id, said, *unfinished)

    def _listed(self, entry_id: str, said: list[tuple[int, Fields | bytes]], step: int, seq: str) -> Row:
        self.counts.update([place for place, _ in said])
        return entry_id, 0, said, step, seq

    def _place(self, stream: str, partition: int) -> int:
        key = self._keys.stream(stream, partition)
        if stream not in (EVENTS, DEAD):
            self.places.onward.add(key)
        place = self._place_of[stream, partition] = place_of(self.places.streams, key)
        return place

    def _step(self, partition: int, seq: str, begins: bool) -> tuple[int, str]:
        place = self._set_of.get(partition)
        if place is None:
            place = self._set_of[partition] = place_of(self.places.sets, self._keys.unfinished(partition))
        return place if begins else -place, member(seq)
