"""What an audit found, for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stages.audit.finding import (
    DAMAGED,
    MISSING_IN_ARCHIVE,
    MISSING_IN_BOTH,
    MISSING_IN_DATABASE,
    OTHER_IN_DATABASE,
    OTHER_IN_STREAM,
    Audit,
)

_SHOWN = 10
_COUNTS = {
    "archived": "entries in the archive",
    "streamed": "entries in comments_stream",
    "recorded": "entries in either",
    "stored": "comments in the database",
    "repeated": "deliveries of a comment that came before",
    "rejected": "no comments: rejected, with their end state",
    "forgotten": "of viewers who were forgotten",
    "under_way": "not finished by ingest yet",
}
_WORDS = {
    MISSING_IN_DATABASE: ("recorded, and not in the database", "tiktoksales replay finishes them"),
    MISSING_IN_ARCHIVE: ("in the stream, and not in the archive", "they would be lost when trimmed"),
    MISSING_IN_BOTH: (
        "in the database, and in neither archive nor stream",
        "trimmed before they were archived",
    ),
    OTHER_IN_STREAM: (
        "in archive and stream with another content",
        "does ARCHIVE_URL lead to this shop's own?",
    ),
    OTHER_IN_DATABASE: (
        "with other words in the database",
        "changed afterwards, or not forgotten in the archive",
    ),
    DAMAGED: ("files of the archive that don't hold what they should", "bring them back from a copy"),
}


def as_table(audit: Audit) -> RenderableType:
    """Counts, differences, and the verdict in a sentence."""
    counts = Table(show_header=False, title=f"audit of {audit.day} (UTC)")
    for name, words in _COUNTS.items():
        if name == "archived" and not audit.has_archive:
            counts.add_row(words, "no archive")
        else:
            counts.add_row(words, str(getattr(audit.counts, name)))
    if audit.agrees:
        return Group(counts, Text("Archive, stream and database agree."))
    return Group(counts, _differences(audit), Text("They do not agree.", style="bold"))


def _differences(audit: Audit) -> Table:
    table = Table("what differs", "how many", "where", "what it means")
    for kind, found in audit.differences.items():
        if found.count:
            words, meaning = _WORDS[kind]
            more = f"\n... {found.count - _SHOWN} more" if found.count > _SHOWN else ""
            table.add_row(words, str(found.count), Text("\n".join(found.where[:_SHOWN]) + more), meaning)
    return table
