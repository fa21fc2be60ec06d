"""The newest comments, with what was made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from schemas.records import Intent
from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement
from stages.console.backstage import Backstage
from stages.console.views.window import begin
from stages.ingest import UNPINNED

LIMIT = 60

Tone = Literal["busy", "good", "waiting", "bad", "quiet"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a comment so far, in words; `tone` is the colour they have."""

    words: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class ShownComment:
    """A comment; or, where `pinned` is not None, what the host pinned at that moment ("" took it down)."""

    id: UUID
    client: str
    platform: str
    message: str
    sent_at: datetime
    intent: Intent | None
    score: float | None
    fate: Fate | None
    pinned: str | None = None


@dataclass(frozen=True, slots=True)
class CommentsView:
    """The newest first; `total` and `buys` are those of the window. `gateway_url` takes a first one,
    without a key where `is_open`."""

    rows: tuple[ShownComment, ...]
    total: int
    buys: int
    gateway_url: str
    is_open: bool


async def comments_view(backstage: Backstage, streamer: str) -> CommentsView:
    """The newest LIMIT comments of a streamer."""
    async with backstage.reading(streamer) as connection:
        rows = await newest_comments(connection, streamer, LIMIT)
        counts = await connection.fetchrow(
            statement("console/comment_counts"), streamer, begin(backstage.now())
        )
    assert counts is not None  # noqa: S101 - a select of counts has one row
    return CommentsView(
        rows,
        counts["comments"],
        counts["buys"],
        str(backstage.settings.public_url),
        backstage.settings.open_doors,
    )


async def newest_comments(connection: Connection, streamer: str, limit: int) -> tuple[ShownComment, ...]:
    """The newest comments and pins of a streamer, as far as this transaction may read them."""
    rows = await connection.fetch(statement("console/comments"), streamer, limit)
    return tuple(_shown(row) for row in rows)


def _shown(row: asyncpg.Record) -> ShownComment:
    is_pin = row["kind"] == "pin"
    return ShownComment(
        id=row["id"],
        client=row["client"],
        platform=row["platform"],
        message=row["message"],
        sent_at=row["sent_at"],
        intent=row["nlp_intent"],
        score=row["nlp_score"],
        fate=None if is_pin else _fate(row),
        pinned=("" if row["message"] == UNPINNED else row["message"]) if is_pin else None,
    )


_ORDER_TONES: dict[str, Tone] = {
    "placed": "busy",
    "awaiting_payment": "waiting",
    "paid": "good",
    "failed": "bad",
    "cancelled": "quiet",
    "refunded": "quiet",
}
_WAITING = ("sold out", "variant needed", "not listed yet", "over the limit", "no match", "unsure buy")


def _fate(row: asyncpg.Record) -> Fate | None:
    """None where the chip of the intent says it all."""
    if row["retracted_at"]:
        return Fate("taken back", "quiet")
    if status := row["order_status"]:
        return Fate(status.replace("_", " "), _ORDER_TONES[status])
    if row["review"] == "open":
        return Fate("needs a look", "waiting")
    match row["outcome"]:
        case None:
            return Fate("on its way", "busy") if row["nlp_intent"] in (None, "buy") else None
        case "rejected":
            return Fate("failed", "bad")
    reason: str = row["reason"] or ""
    if reason == row["nlp_intent"]:
        return None
    return Fate(reason, "waiting" if reason in _WAITING else "quiet")
