"""Entries on their way from one stage to the next within this process."""

from __future__ import annotations

from pipeline.settlement import Handed

_MOST = 4096  # entries; a dozen megabytes


class HandedOn:
    """What stages of this process wrote lately, by its bytes: the next stage, if it runs here too, reads the same bytes
    and needs not understand and validate them again. What another process wrote is not among it."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._entries: dict[bytes, Handed] = {}

    def put(self, line: bytes, handed: Handed) -> None:
        """Keep what `line` says until it is taken, or too many were put behind it."""
        if len(self._entries) >= self._most:
            self._entries.clear()  # the next stage is elsewhere, or far behind
        self._entries[line] = handed

    def take(self, line: bytes) -> Handed | None:
        """What `line` says, if it is here."""
        return self._entries.pop(line, None)
