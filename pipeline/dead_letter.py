"""A dead letter: an entry that no stage could finish, with the reason, kept as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgpack

from pipeline.settlement import Fields
from pipeline.tombstone import TRIMMED

RAW = "raw"  # the field with the original entry's fields; redrive.lua reads it too


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`raw` are the original fields, byte for byte; times are epoch milliseconds; `detail` is a traceback."""

    stage: str
    stream: str
    partition: int
    comment_id: str
    entry_id: str
    reason: str
    error: str
    detail: str
    attempts: int
    first_failed_ms: int
    last_failed_ms: int
    raw: Mapping[bytes, bytes]

    @property
    def is_tombstone(self) -> bool:
        """Nothing is left of the entry but that it was there: no stage can be given it again."""
        return self.error == TRIMMED and not self.raw

    def fields(self) -> Fields:
        """Names and values in turn, as they stand in the dead-letter stream."""
        own = (
            "stage", self.stage, "stream", self.stream, "partition", str(self.partition),
            "comment_id", self.comment_id, "entry_id", self.entry_id, "reason", self.reason,
            "error", self.error, "detail", self.detail, "attempts", str(self.attempts),
            "first_failed_ms", str(self.first_failed_ms), "last_failed_ms", str(self.last_failed_ms),
        )  # fmt: skip
        # In one field, since anyone may append an entry of more fields than a script can write. In the older format,
        # the only one that Redis' reader knows.
        parts = [part for pair in self.raw.items() for part in pair]
        return (*own, RAW, msgpack.packb(parts, use_bin_type=False))


def read_dead_letter(fields: Mapping[bytes, bytes]) -> DeadLetter:
    """The dead letter in an entry's fields, as `DeadLetter.fields` wrote them. What is missing reads as empty or 0,
    so that no odd entry hides those around it."""
    text = {
        name.decode(errors="backslashreplace"): value.decode(errors="backslashreplace")
        for name, value in fields.items()
        if name != RAW.encode()
    }
    return DeadLetter(
        stage=text.get("stage", ""),
        stream=text.get("stream", ""),
        partition=_number(text, "partition"),
        comment_id=text.get("comment_id", ""),
        entry_id=text.get("entry_id", ""),
        reason=text.get("reason", ""),
        error=text.get("error", ""),
        detail=text.get("detail", ""),
        attempts=_number(text, "attempts"),
        first_failed_ms=_number(text, "first_failed_ms"),
        last_failed_ms=_number(text, "last_failed_ms"),
        raw=_unpacked(fields.get(RAW.encode(), b"")),
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters are meant: those of `stage`, with `reason` (in any case) in their reason or error class,
    that came from `since_ms` on and before `before_ms` (epoch milliseconds). What is not given does not matter."""

    stage: str = ""
    reason: str = ""
    since_ms: int = 0
    before_ms: int | None = None

    def matches(self, letter: DeadLetter) -> bool:
        """Whether the letter is meant, but for its time, which the dead letters' ids tell."""
        wanted = self.reason.casefold()
        return self.stage in ("", letter.stage) and (
            wanted in letter.reason.casefold() or wanted in letter.error.casefold()
        )


EVERYTHING = Selection()


class NoSuchDeadLetter(LookupError):
    """No dead letter has this id. `tiktoksales dlq list` shows those there are."""


def _unpacked(packed: bytes) -> dict[bytes, bytes]:
    """The original fields; none where `packed` is not what `DeadLetter.fields` wrote."""
    try:
        parts = msgpack.unpackb(packed, raw=True)
    except ValueError:  # what msgpack raises for bytes of another kind
        return {}
    if not (isinstance(parts, list) and len(parts) % 2 == 0 and all(isinstance(p, bytes) for p in parts)):
        return {}
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _number(text: Mapping[str, str], name: str) -> int:
    value = text.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 14 else 0
