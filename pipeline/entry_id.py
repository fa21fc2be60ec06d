"""Ids of entries in the public stream, as numbers that sort."""

from __future__ import annotations

EntryId = tuple[int, int]
"""Epoch milliseconds, and the number within them."""

FIRST: EntryId = (0, 0)


def parse_id(seq: str) -> EntryId:
    """
    >>> parse_id("1700000000000-10") > parse_id("1700000000000-9")
    True
    """
    milliseconds, _, number = seq.partition("-")
    return int(milliseconds), int(number)


def id_text(entry_id: EntryId) -> str:
    """As Redis writes it."""
    return f"{entry_id[0]}-{entry_id[1]}"


def after(entry_id: EntryId) -> EntryId:
    """The smallest id behind this one.

    >>> id_text(after(parse_id("5-18446744073709551615")))
    '6-0'
    """
    milliseconds, number = entry_id
    return (milliseconds, number + 1) if number < 2**64 - 1 else (milliseconds + 1, 0)
