"""A dead letter: an entry that no stage could finish, with the reason, kept as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.settlement import Fields

RAW_PREFIX = "raw:"  # before the names of the original entry's fields; redrive.lua strips it again


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

    def fields(self) -> Fields:
        """Names and values in turn, as they stand in the dead-letter stream."""
        own = (
            "stage", self.stage, "stream", self.stream, "partition", str(self.partition),
            "comment_id", self.comment_id, "entry_id", self.entry_id, "reason", self.reason,
            "error", self.error, "detail", self.detail, "attempts", str(self.attempts),
            "first_failed_ms", str(self.first_failed_ms), "last_failed_ms", str(self.last_failed_ms),
        )  # fmt: skip
        prefix = RAW_PREFIX.encode()
        raw = (part for name, value in self.raw.items() for part in (prefix + name, value))
        return (*own, *raw)


def read_dead_letter(fields: Mapping[bytes, bytes]) -> DeadLetter:
    """The dead letter in an entry's fields, as `DeadLetter.fields` wrote them."""
    prefix = RAW_PREFIX.encode()
    text = {name.decode(): value.decode() for name, value in fields.items() if not name.startswith(prefix)}
    return DeadLetter(
        stage=text["stage"],
        stream=text["stream"],
        partition=int(text["partition"]),
        comment_id=text["comment_id"],
        entry_id=text["entry_id"],
        reason=text["reason"],
        error=text["error"],
        detail=text["detail"],
        attempts=int(text["attempts"]),
        first_failed_ms=int(text["first_failed_ms"]),
        last_failed_ms=int(text["last_failed_ms"]),
        raw={name[len(prefix) :]: value for name, value in fields.items() if name.startswith(prefix)},
    )
