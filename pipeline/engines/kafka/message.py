"""Entries as Kafka's messages.

An entry's field `d`, the record, is the message's value (of a dead letter `raw`, the entry as it was); its other
fields are headers. A message of the public topic,
which anybody may write, has a JSON object of texts for its value, and its headers say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson

from pipeline.dead_letter import RAW
from pipeline.settlement import DEAD, Fields
from pipeline.stage import PUBLIC_STREAM

_DATA = b"d"
_PARTITIONS = 1024  # the most that PARTITIONS allows
_NUMBERS = 9765  # times _PARTITIONS stays within the seven digits that a seq has room for

Headers = Sequence[tuple[str, bytes]]


def entry_id(timestamp_ms: int, offset: int, partition: int) -> str:
    """The entry's id, also a comment's `seq`: the broker's time, and a number that no other message of the topic has
    in that millisecond. By it, ids of one partition are in the order of their offsets; but every 9,765th time two of
    the same millisecond change places.

    >>> entry_id(1_700_000_000_000, 7, 2)
    '1700000000000-7170'
    """
    return f"{timestamp_ms}-{offset % _NUMBERS * _PARTITIONS + partition}"


def to_message(stream: str, fields: Fields) -> tuple[bytes | None, list[tuple[str, bytes]]]:
    """Value and headers of an entry of `stream` with these fields (names and values in turn)."""
    value_name = _value_name(stream)
    value: bytes | None = None
    headers: list[tuple[str, bytes]] = []
    for name, content in _pairs(fields):
        if name == value_name:
            value = content
        else:
            headers.append((name.decode(errors="backslashreplace"), content))
    return value, headers


def from_message(
    stream: str, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]
) -> dict[bytes, bytes]:
    """The fields of the entry of `stream` that is this message."""
    if stream == PUBLIC_STREAM:
        return _from_public(value)
    fields = {name.encode(): content or b"" for name, content in headers}
    if value is not None:
        fields[_value_name(stream)] = value
    return fields


def to_public(fields: Mapping[str, str]) -> bytes:
    """The value of a message of the public topic."""
    return orjson.dumps(dict(fields))


def _from_public(value: bytes | None) -> dict[bytes, bytes]:
    """The fields of an entry of the public topic. What is no JSON object of texts is one field, `d`, as it came: no
    door opens it."""
    try:
        given = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        given = None
    if isinstance(given, dict) and all(isinstance(each, str) for each in given.values()):
        return {name.encode(): text.encode() for name, text in given.items()}
    return {_DATA: value or b""}


def _value_name(stream: str) -> bytes:
    return RAW.encode() if stream == DEAD else _DATA


def _pairs(fields: Fields) -> Iterable[tuple[bytes, bytes]]:
    parts = iter(part.encode() if isinstance(part, str) else part for part in fields)
    return zip(parts, parts, strict=True)


def partition_of_id(given: str) -> int:
    """The partition of the entry with this id.

    >>> partition_of_id(entry_id(1_700_000_000_000, 7, 2))
    2
    """
    return int(given.partition("-")[2]) % _PARTITIONS
