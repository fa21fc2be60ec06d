"""The past, as the database knows it: comments to feed again, and what was made of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import orjson

from pipeline.replay import PastEntry, Span
from schemas.records import PaidOrder, PlacedOrder
from stages.adapters.database.orders import paid_order, placed_order
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement

STORED = b"d"  # the field of an entry that holds a stored comment, as one JSON object
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds of one comment. `seen_*` is the match, whatever its score; `ordered_*` the order."""

    seq: str
    intent: str | None
    score: float | None
    seen_id: UUID | None
    seen_name: str | None
    seen_score: float | None
    order_number: str | None
    ordered_id: UUID | None
    ordered_name: str | None
    end_stage: str | None
    end_reason: str | None


class StoredComments:
    """The stored comments of a streamer (None: of all) as a history: each entry holds the whole comment in the field
    STORED. `ended`: those that came to an end, too."""

    def __init__(self, database: Database, streamer: str | None, *, ended: bool, page: int = _PAGE) -> None:
        self._database, self._streamer, self._ended, self._page = database, streamer, ended, page

    async def bounds(self, span: Span) -> Span | None:
        """The smallest span within `span` that holds all its comments; None where there are none."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("history/bounds"), *_ranks(span), self._streamer)
        if row is None or row["first"] is None:
            return None
        return Span(row["first"] >> 20, (row["last"] >> 20) + 1)

    async def pages(self, span: Span) -> AsyncIterator[Sequence[PastEntry]]:
        """The comments of the span in the order in which they came."""
        after, before = _ranks(span)
        while True:
            async with self._database.transaction() as connection:
                rows = await connection.fetch(
                    statement("history/comments"), after, before, self._streamer, self._ended, self._page
                )
            if not rows:
                return
            yield [_entry(row) for row in rows]
            after = rows[-1]["seq_rank"]

    async def count_ended(self, span: Span) -> int:
        """How many of the span's comments have come to an end."""
        async with self._database.transaction() as connection:
            count: int = await connection.fetchval(
                statement("history/count_ended"), *_ranks(span), self._streamer
            )
            return count


class Past:
    """What became of comments and orders. Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ended(self, entries: Iterable[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
        """Those of the (comment id, seq) that have come to an end."""
        ids, seqs = [list(column) for column in zip(*entries, strict=True)] or ([], [])
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("history/ended"), ids, seqs)
        return {(row["comment_id"], row["seq"]) for row in rows}

    async def judgements(self, comment_ids: Sequence[UUID]) -> dict[UUID, Stored]:
        """What is stored of the comments; nothing for those that are not."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("history/judgements"), list(comment_ids))
        return {row["id"]: _stored(row) for row in rows}

    async def unfinished_orders(
        self, span: Span, streamer: str | None, kinds: Mapping[str, str], page: int = _PAGE
    ) -> AsyncIterator[PlacedOrder | PaidOrder]:
        """Orders that stand still although their comment ended: still placed, or paid (or with a pay link) and not
        told to both. `kinds` are the messages' kinds by the order's status. In the order of the comments."""
        after, before = _ranks(span)
        while True:
            async with self._database.transaction() as connection:
                rows = await connection.fetch(
                    statement("history/unfinished_orders"),
                    after, before, streamer, kinds["paid"], kinds["awaiting_payment"], page,
                )  # fmt: skip
            if not rows:
                return
            for row in rows:
                yield placed_order(row) if row["status"] == "placed" else paid_order(row)
            after = rows[-1]["seq_rank"]


def _ranks(span: Span) -> tuple[int, int]:
    """The ranks before and behind the span's comments (see chat_messages.seq_rank)."""
    return (span.first_ms << 20) - 1, span.end_ms << 20


def _entry(row: asyncpg.Record) -> PastEntry:
    comment = {
        "comment_id": str(row["id"]),
        "seq": row["seq"],
        "streamer": row["streamer"],
        "viewer": {name: row[name] for name in ("platform", "client", "client_id", "verified")},
        "message": row["message"],
        "timestamp": row["sent_at"],
        "message_id": row["message_id"],
        "frame_urls": row["frame_urls"],
        "source": row["source"],
        "kind": row["kind"],
    }
    # The id stands apart, too: an entry that can't be read is known by it.
    return PastEntry(row["seq"], {b"id": str(row["id"]).encode(), STORED: orjson.dumps(comment)})


def _stored(row: asyncpg.Record) -> Stored:
    values = dict(row)
    del values["id"]
    return Stored(intent=values.pop("nlp_intent"), score=values.pop("nlp_score"), **values)
