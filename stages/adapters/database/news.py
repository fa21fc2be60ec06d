"""News for buyers, put into the outbox within the transaction that makes them."""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

import asyncpg

from pipeline.decision import derived_id
from schemas.money import Money
from schemas.records import MatchedComment, News, NewsKind
from stages.adapters.database.outbox import put_in_outbox
from stages.adapters.database.pool import Connection

Row: TypeAlias = asyncpg.Record


async def tell(connection: Connection, news: News) -> None:
    """Send the news to the notify stage, once for each kind and subject."""
    await put_in_outbox(connection, derived_id(f"news/{news.kind}/{news.subject}"), "notify", news)


async def tell_of_claim(
    connection: Connection, kind: NewsKind, claim: MatchedComment, buyer: UUID, pieces: int, subject: UUID
) -> None:
    """News of a claim that has no order."""
    await tell(
        connection,
        News(
            comment_id=claim.comment_id,
            seq=claim.seq,
            streamer=claim.streamer,
            kind=kind,
            subject=subject,
            buyer_id=buyer,
            product_name=claim.product_name,
            quantity=pieces,
        ),
    )


async def tell_of_order(
    connection: Connection, kind: NewsKind, order: Row, subject: UUID | None = None
) -> None:
    """News of an order, whose row holds its comment's `seq` too. `subject`: what is told once, if not the order."""
    await tell(
        connection,
        News(
            comment_id=order["comment_id"],
            seq=order["seq"],
            streamer=order["streamer"],
            kind=kind,
            subject=subject or order["id"],
            buyer_id=order["buyer_id"],
            product_name=order["product_name"],
            quantity=order["quantity"],
            order_id=order["id"],
            order_number=order["order_number"],
            amount=Money(amount_minor=order["amount_minor"], currency=order["currency"]),
            payment_url=order["payment_url"],
        ),
    )


async def tell_of_place(connection: Connection, kind: NewsKind, place: Row) -> None:
    """News of a place on the waitlist."""
    await tell(
        connection,
        News(
            comment_id=place["comment_id"],
            seq=place["seq"],
            streamer=place["streamer"],
            kind=kind,
            subject=place["id"],
            buyer_id=place["buyer_id"],
            product_name=place["product_name"],
            quantity=place["quantity"],
        ),
    )
