"""Decisions on reviews, made on the page."""

from __future__ import annotations

from typing import assert_never
from uuid import UUID

from stages.adapters.database.review_decisions import (
    Confirmed,
    DecidedBefore,
    Decision,
    Declined,
    NoSuchProduct,
    NoSuchReview,
    ReviewDecisions,
    TooLate,
)
from stages.adapters.database.statements import statement
from stages.console.backstage import Backstage
from stages.console.notice import Notice


class ReviewDesk:
    """Decides on the reviews of one streamer at a time. Every method raises DatabaseUnavailable."""

    def __init__(self, backstage: Backstage) -> None:
        self._backstage = backstage
        self._decisions = ReviewDecisions(backstage.database, backstage.settings.max_order_age_seconds)

    async def confirm(self, streamer: str, comment_id: UUID, sku: str, by: str) -> Notice:
        """The comment meant this product, and goes on from there; what came of it, in words."""
        if not await self._is_of(streamer, comment_id):
            return _said(NoSuchReview())
        return _said(await self._decisions.confirm(comment_id, sku, by, self._backstage.now()))

    async def decline(self, streamer: str, comment_id: UUID, by: str) -> Notice:
        """The comment meant nothing that is sold."""
        if not await self._is_of(streamer, comment_id):
            return _said(NoSuchReview())
        return _said(await self._decisions.decline(comment_id, by, self._backstage.now()))

    async def _is_of(self, streamer: str, comment_id: UUID) -> bool:
        """Whether this streamer was ever asked about the comment: to others it is not there."""
        async with self._backstage.reading(streamer) as connection:
            found: bool = await connection.fetchval(statement("console/has_review"), streamer, comment_id)
            return found


def _said(decision: Decision) -> Notice:
    match decision:
        case Confirmed(claim=claim):
            return Notice(f"Confirmed: {claim.viewer.client} claims {claim.quantity} × {claim.product_name}.")
        case Declined():
            return Notice("Declined: no order.")
        case NoSuchReview():
            return Notice("This comment waits for no decision.", is_refusal=True)
        case DecidedBefore(status=status):
            return Notice(f"It was {status} before; that stands.", is_refusal=True)
        case TooLate(why=why):
            return Notice(f"It is too late: {why}.", is_refusal=True)
        case NoSuchProduct(sku=sku):
            return Notice(f"There is no product {sku!r} any more.", is_refusal=True)
        case _:
            assert_never(decision)
