"""Dead letters, as the tests lay them."""

from __future__ import annotations

from typing import Any

from pipeline.dead_letter import DeadLetter
from pipeline.settlement import Fields
from pipeline.tombstone import tombstone_fields
from tests.contract.rig import entry

MARCH_MS = 1_772_323_200_000  # 2026-03-01T00:00:00Z
DAY_MS = 86_400_000


def raw(number: int) -> dict[bytes, bytes]:
    """The fields of a good entry."""
    parts = [part.encode() if isinstance(part, str) else part for part in entry(number)]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def letter(number: int = 1, **changed: Any) -> DeadLetter:
    """A dead letter of the stage `first`, with what is given changed."""
    given: dict[str, Any] = {
        "stage": "first",
        "stream": "first",
        "partition": 0,
        "comment_id": raw(number)[b"id"].decode(),
        "entry_id": f"{MARCH_MS}-{number}",
        "reason": "by nought",
        "error": "ZeroDivisionError",
        "detail": "Traceback (most recent call last):\nZeroDivisionError: by nought\n",
        "attempts": 8,
        "first_failed_ms": MARCH_MS,
        "last_failed_ms": MARCH_MS + 1000,
        "raw": raw(number),
    }
    return DeadLetter(**{**given, **changed})


def tombstone(stage: str = "first") -> Fields:
    """What is left of an entry that was removed from its stream."""
    return (
        *("entry_id", "5-0", "attempts", "0"),
        *tombstone_fields(stage, stage, 0),
        *("first_failed_ms", str(MARCH_MS), "last_failed_ms", str(MARCH_MS)),
    )
