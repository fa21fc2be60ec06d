"""Records on their way from one stage to the next within this process."""

from __future__ import annotations

from types import UnionType
from typing import Any, get_args

from schemas.records import Record

_MOST = 8192  # records; a few megabytes


class HandedOn:
    """What stages of this process wrote lately, by its bytes: the next stage, if it runs here too, reads the same bytes
    and needs not validate them again. What another process wrote is not among it, nor what comes back."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._records: dict[bytes, Record] = {}

    def put(self, data: bytes, record: Record) -> None:
        """Keep `record`, which `data` says, until it is taken, or too many were put behind it."""
        if len(self._records) >= self._most:
            self._records.clear()  # the next stage is elsewhere, or far behind
        self._records[data] = record

    def take(self, kind: type[Any] | UnionType, data: bytes) -> Record | None:
        """The record that `data` says, if it is here and of this kind, or of one of a union's."""
        record = self._records.pop(data, None)
        if record is None or type(record) is kind or type(record) in get_args(kind):
            return record
        return None
