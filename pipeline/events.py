"""The end state of a comment, as an event."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import Field

from schemas.records import Record

End = Literal["done", "dropped", "rejected"]


class EndState(Record):
    """What became of one entry of the public stream: at which stage it ended, how and why.

    `hops` are lists [stage, received_ms, done_ms, facts]; `ended_ms` is epoch milliseconds. `streamer` is empty where
    the record named none; `aside` are facts of the last stage for whoever reads along, which are not kept.
    """

    comment_id: UUID
    seq: str
    stage: str
    outcome: End
    reason: str = ""
    hops: list[list[Any]] = Field(default_factory=list)
    ended_ms: int
    streamer: str = ""
    aside: dict[str, Any] = Field(default_factory=dict)


def encoded_end(
    *,
    comment_id: str,
    seq: str,
    stage: str,
    outcome: End,
    reason: str,
    hops: bytes,
    ended_ms: int,
    streamer: str,
    aside: dict[str, Any],
) -> bytes:
    """An end state as `encode` writes it; `hops` is JSON already."""
    return orjson.dumps(
        {
            "comment_id": comment_id, "seq": seq, "stage": stage, "outcome": outcome, "reason": reason,
            "hops": orjson.Fragment(hops), "ended_ms": ended_ms, "streamer": streamer, "aside": aside,
        }
    )  # fmt: skip
