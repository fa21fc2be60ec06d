"""A tombstone: the dead letter of an entry that somebody removed from its stream before it was settled."""

from __future__ import annotations

from pipeline.settlement import Fields

TRIMMED = "TrimmedWhilePending"
"""The error class by which a tombstone is known."""


def tombstone_fields(stage: str, stream: str, partition: int) -> Fields:
    """A dead letter's fields but for those of the entry itself: nothing is left of it but its id."""
    return (
        "stage", stage, "stream", stream, "partition", str(partition), "comment_id", "",
        "reason", "somebody removed the entry from the stream before it was settled", "error", TRIMMED, "detail", "",
    )  # fmt: skip
