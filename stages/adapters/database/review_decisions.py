"""Decisions on unsure matches: the host says which product a comment meant, and the comment goes on from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg

from pipeline.decision import derived_id
from schemas.money import Money
from schemas.records import MatchedComment
from stages.adapters.database.order_rows import age_seconds, viewer
from stages.adapters.database.outbox import put_in_outbox
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement
from stages.adapters.slot_catalog import variant_of_catalog

ReviewStatus = Literal["open", "confirmed", "declined", "expired"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that may be meant, and the model's score for it."""

    sku: str
    score: float


@dataclass(frozen=True, slots=True)
class ListedReview:
    """A match under review, its candidates the likeliest first; `frames` are the names of what was looked at."""

    comment_id: UUID
    status: ReviewStatus
    client: str
    message: str
    candidates: tuple[Candidate, ...]
    frames: tuple[str, ...]
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    chosen: str | None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The comment goes on as a claim on the product."""

    claim: MatchedComment


@dataclass(frozen=True, slots=True)
class Declined:
    """The comment meant nothing that is sold."""


@dataclass(frozen=True, slots=True)
class NoSuchReview:
    """Nobody asked about this comment."""


@dataclass(frozen=True, slots=True)
class DecidedBefore:
    """It was decided already; that stands."""

    status: ReviewStatus


@dataclass(frozen=True, slots=True)
class TooLate:
    """The comment is too old to become an order, or was taken back; the review is expired now."""

    why: str


@dataclass(frozen=True, slots=True)
class NoSuchProduct:
    """The streamer sells no product of this sku; nothing was changed."""

    sku: str | None


Decision = Confirmed | Declined | NoSuchReview | DecidedBefore | TooLate | NoSuchProduct


class ReviewDecisions:
    """Reads the queue and decides. A comment is decided once."""

    def __init__(self, database: Database, max_order_age_seconds: float) -> None:
        self._database, self._max_order_age_seconds = database, max_order_age_seconds

    async def of(self, streamer: str, status: ReviewStatus = "open", limit: int = 100) -> list[ListedReview]:
        """The streamer's reviews in a status, the oldest first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("review_decisions/listed"), streamer, status, limit)
        return [_listed(row) for row in rows]

    async def confirm(self, comment_id: UUID, sku: str | None, by: str, now: datetime) -> Decision:
        """The comment meant the product `sku` (None: the likeliest candidate). The decision and the claim for the
        order stage are one transaction; the claim keeps the comment's place, and the model's score."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("review_decisions/review"), comment_id)
            refused = await self._refusal(connection, row, now)
            if row is None or refused is not None:
                return refused or NoSuchReview()
            candidates = _candidates(row["candidates"])
            chosen = sku or (candidates[0].sku if candidates else None)
            product = await connection.fetchrow(
                statement("review_decisions/product"), row["streamer"], chosen
            )
            if product is None:
                return NoSuchProduct(chosen)
            claim = _claim(row, product, candidates)
            await connection.execute(
                statement("review_decisions/decide"), comment_id, "confirmed", product["id"], by, now
            )
            await connection.execute(
                statement("review_decisions/store_match"),
                comment_id,
                claim.product_id,
                claim.product_name,
                claim.score,
                list(row["frames"]),
            )
            await put_in_outbox(connection, derived_id(f"reviewed/{comment_id}"), "order", claim)
            return Confirmed(claim)

    async def decline(self, comment_id: UUID, by: str, now: datetime) -> Decision:
        """The comment meant nothing that is sold: it stays where it ended."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("review_decisions/review"), comment_id)
            if row is None:
                return NoSuchReview()
            if row["status"] != "open":
                return DecidedBefore(row["status"])
            await connection.execute(
                statement("review_decisions/decide"), comment_id, "declined", None, by, now
            )
            return Declined()

    async def _refusal(
        self, connection: Connection, row: asyncpg.Record | None, now: datetime
    ) -> Decision | None:
        if row is None:
            return NoSuchReview()
        if row["status"] in ("confirmed", "declined"):
            return DecidedBefore(row["status"])
        why = None
        if row["retracted_at"] is not None:
            why = "the comment was taken back"
        elif row["status"] == "expired" or age_seconds(row["seq"], now) > self._max_order_age_seconds:
            hours = self._max_order_age_seconds / 3600
            why = f"only within {hours:g} h may a comment become an order (MAX_ORDER_AGE_SECONDS)"
        if why is None:
            return None
        if row["status"] == "open":
            decide = statement("review_decisions/decide")
            await connection.execute(decide, row["comment_id"], "expired", None, None, None)
        return TooLate(why)


def _claim(row: asyncpg.Record, product: asyncpg.Record, candidates: Sequence[Candidate]) -> MatchedComment:
    variants: dict[str, dict[str, Any]] = {each["name"]: each for each in product["variants"]}
    named = variant_of_catalog(row["message"].lower(), row["variant"], variants)
    variant = variants.get(named or "")
    own_price = variant["price_minor"] if variant else None
    price = product["price_minor"] if own_price is None else own_price
    return MatchedComment(
        comment_id=row["comment_id"],
        seq=row["seq"],
        streamer=row["streamer"],
        viewer=viewer(row),
        timestamp=row["sent_at"],
        quantity=row["quantity"] or 1,
        variant=named,
        variant_id=UUID(variant["id"]) if variant else None,
        code=row["code"],
        product_id=product["id"],
        product_name=product["name"],
        # The model's; 0 for a product that it did not think of.
        score=next((each.score for each in candidates if each.sku == product["sku"]), 0.0),
        price=Money(amount_minor=price, currency=product["currency"]),
    )


def _candidates(found: list[dict[str, Any]]) -> tuple[Candidate, ...]:
    return tuple(Candidate(each["sku"], each["score"]) for each in found)


def _listed(row: asyncpg.Record) -> ListedReview:
    same: dict[str, Any] = {
        name: row[name]
        for name in (
            "comment_id",
            "status",
            "client",
            "message",
            "created_at",
            "decided_by",
            "decided_at",
            "chosen",
        )
    }
    return ListedReview(candidates=_candidates(row["candidates"]), frames=tuple(row["frames"]), **same)
