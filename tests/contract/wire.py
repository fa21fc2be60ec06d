"""Messages in the wire format of Protocol Buffers, put together by field numbers.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Value = int | str | bytes | Mapping[int, "Value"] | Sequence["Value"]
_VARINT, _LENGTH_DELIMITED = 0, 2


def message(fields: Mapping[int, Value]) -> bytes:
    """A message with these fields: an int as a varint, text, bytes and messages by their length, each of a list."""
    return b"".join(_field(number, value) for number, value in fields.items())


def _field(number: int, value: Value) -> bytes:
    match value:
        case int():
            return _varint(number << 3 | _VARINT) + _varint(value)
        case str():
            return _field(number, value.encode())
        case bytes():
            return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(value)) + value
        case Mapping():
            return _field(number, message(value))
        case _:
            return b"".join(_field(number, each) for each in value)


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
