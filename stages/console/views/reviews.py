"""The review queue: what the model was not sure of, with what it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from schemas.money import Money
from stages.adapters.database.statements import statement
from stages.console.backstage import Backstage

_SHOWN = 20
_FRAMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that may be meant; `percent` is the model's score for it."""

    product_id: UUID
    sku: str
    name: str
    price: Money
    percent: int
    has_picture: bool


@dataclass(frozen=True, slots=True)
class Review:
    """A comment that waits for a decision. `frames` are the numbers, from 1, of the pictures to show, oldest first."""

    comment_id: UUID
    client: str
    platform: str
    message: str
    sent_at: datetime
    slots: str
    candidates: tuple[Candidate, ...]
    frames: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReviewsView:
    """The oldest of the reviews that wait, and how many there are."""

    total: int
    reviews: tuple[Review, ...]

    @property
    def further(self) -> int:
        """How many are not shown."""
        return self.total - len(self.reviews)


async def reviews_view(backstage: Backstage, streamer: str) -> ReviewsView:
    """The streamer's queue, of comments that may still become orders."""
    oldest = backstage.now() - timedelta(seconds=backstage.settings.max_order_age_seconds)
    oldest_ms = int(oldest.timestamp() * 1000)
    async with backstage.reading(streamer) as connection:
        rows = await connection.fetch(statement("console/reviews"), streamer, oldest_ms, _SHOWN)
    return ReviewsView(rows[0]["total"] if rows else 0, tuple(_review(row) for row in rows))


def _review(row: asyncpg.Record) -> Review:
    count = len(row["frames"])
    asked = [f"{row['quantity']} ×" if row["quantity"] else "", row["variant"] or ""]
    return Review(
        comment_id=row["comment_id"],
        client=row["client"],
        platform=row["platform"],
        message=row["message"],
        sent_at=row["sent_at"],
        slots=" ".join(part for part in asked if part),
        candidates=tuple(_candidate(each) for each in row["candidates"]),
        frames=tuple(range(max(0, count - _FRAMES_SHOWN) + 1, count + 1)),
    )


def _candidate(found: dict[str, Any]) -> Candidate:
    return Candidate(
        product_id=UUID(found["product_id"]),
        sku=found["sku"],
        name=found["name"],
        price=Money(amount_minor=found["price_minor"], currency=found["currency"]),
        percent=round(found["score"] * 100),
        has_picture=found["has_picture"],
    )
