"""Entries that nobody can make anything of: each must be found again among the dead letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.stage import PUBLIC_STREAM
from schemas.records import MESSAGE_LIMIT

MARK = b"planted"
"""A field that no stage reads, by which an entry is known again."""

_SOUND = {
    b"streamer": b"maya.live",
    b"client": b"poisoner",
    b"message": b"I buy P-01 now",
    b"platform": b"tiktok",
}
_ENVELOPE = {
    b"id": b"00000000-0000-5000-8000-000000000000",
    b"seq": b"1-1",
    b"v": b"1",
    b"at": b"",
    b"trace": b"",
    b"hops": b"[]",
}
_OF_THE_DOOR: tuple[Mapping[bytes, bytes | None], ...] = (
    {b"streamer": None},
    {b"message": None},
    {b"message": b"\xff\xfe buy"},
    {b"message": b"nul \x00 inside"},
    {b"message": b"x" * (MESSAGE_LIMIT + 1)},
    {b"timestamp": b"the day before yesterday"},
    {b"kind": b"shout"},
    {b"frame_urls": b"[broken"},
)
_OF_A_STAGE: tuple[tuple[str, Mapping[bytes, bytes]], ...] = (
    ("intent", {b"d": b"{}"}),
    ("vision", {**_ENVELOPE, b"d": b"{not json"}),
    ("payment", {**_ENVELOPE, b"d": b'{"order_id": "none"}'}),
    ("notify", {**_ENVELOPE, b"hops": b"{}", b"d": b"{}"}),
    ("events", {**_ENVELOPE, b"v": b"many", b"d": b"{}"}),
)


@dataclass(frozen=True, slots=True)
class Poison:
    """An entry and the stream it is put into (its name, and its partition)."""

    mark: bytes
    stream: str
    partition: int
    fields: Mapping[bytes, bytes]


def poison(number: int, partitions: int) -> Poison:
    """One of the kinds in turn; four of five come through the public door."""
    mark = b"%d" % number
    turn, rest = divmod(number, 5)
    if rest < 4:
        change = _OF_THE_DOOR[(4 * turn + rest) % len(_OF_THE_DOOR)]
        fields = {name: value for name, value in {**_SOUND, **change}.items() if value is not None}
        return Poison(mark, PUBLIC_STREAM, 0, {**fields, MARK: mark})
    stream, garbage = _OF_A_STAGE[turn % len(_OF_A_STAGE)]
    return Poison(mark, stream, turn % partitions, {**garbage, MARK: mark})
