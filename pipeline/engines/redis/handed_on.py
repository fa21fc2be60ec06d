"""Entries on their way from one stage to the next within this process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.envelope import Envelope

_MOST = 8192  # entries; two dozen megabytes


class HandedOn:
    """What stages of this process wrote lately, by its bytes: the next stage, if it runs here too, reads the same bytes
    and needs not understand and validate them again. What another process wrote is not among it."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._young: dict[bytes, Envelope] = {}
        self._old: dict[bytes, Envelope] = {}

    def put(self, lines: Mapping[bytes, Envelope]) -> None:
        """Keep what lines say until it is taken, or too many were put behind it: the next stage is elsewhere, or far
        behind."""
        if 2 * len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        self._young.update(lines)

    def take(self, lines: Iterable[bytes]) -> list[Envelope | None]:
        """What each line says, if it is here."""
        young, old = self._young.pop, self._old.pop
        return [young(line, None) or old(line, None) for line in lines]
