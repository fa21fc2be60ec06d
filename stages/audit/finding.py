"""What an audit finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LISTED = 100  # of each kind of difference; the rest is counted

MISSING_IN_DATABASE = "missing_in_database"
MISSING_IN_ARCHIVE = "missing_in_archive"
MISSING_IN_BOTH = "missing_in_archive_and_stream"
OTHER_IN_STREAM = "other_in_stream"
OTHER_IN_DATABASE = "other_in_database"
DAMAGED = "damaged"
KINDS = (
    MISSING_IN_DATABASE,
    MISSING_IN_ARCHIVE,
    MISSING_IN_BOTH,
    OTHER_IN_STREAM,
    OTHER_IN_DATABASE,
    DAMAGED,
)


@dataclass(slots=True)
class Difference:
    """A kind of difference: how often, and where (entry ids, or files)."""

    count: int = 0
    where: list[str] = field(default_factory=list)

    def add(self, where: str) -> None:
        """One more."""
        self.count += 1
        if len(self.where) < LISTED:
            self.where.append(where)


@dataclass(slots=True)
class Counts:
    """Entries `archived`, in the stream (`streamed`), in either (`recorded`); of these: comments that are `stored`,
    deliveries of a comment that came before (`repeated`), entries that are no comments (`rejected`), those of
    `forgotten` viewers, those that ingest has not finished yet (`under_way`)."""

    archived: int = 0
    streamed: int = 0
    recorded: int = 0
    stored: int = 0
    repeated: int = 0
    rejected: int = 0
    forgotten: int = 0
    under_way: int = 0


@dataclass(slots=True)
class Audit:
    """An audit's result."""

    day: str
    has_archive: bool
    counts: Counts = field(default_factory=Counts)
    differences: dict[str, Difference] = field(default_factory=lambda: {kind: Difference() for kind in KINDS})

    @property
    def agrees(self) -> bool:
        """Whether archive, stream and database tell the same."""
        return not any(difference.count for difference in self.differences.values())

    def as_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "day": self.day,
            "agrees": self.agrees,
            "has_archive": self.has_archive,
            "counts": {name: getattr(self.counts, name) for name in Counts.__dataclass_fields__},
            "differences": {
                kind: {"count": found.count, "where": found.where}
                for kind, found in self.differences.items()
                if found.count
            },
        }
