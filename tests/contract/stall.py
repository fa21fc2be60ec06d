"""A streamer with one product, and viewers who claim it: straight to the orders in the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from pipeline.decision import derived_id
from schemas.money import Money
from schemas.records import Cancellation, Comment, MatchedComment, PlacedOrder, Viewer
from stages.adapters.database import Database
from stages.adapters.database.catalog import Catalog, Product, Streamer
from stages.adapters.database.comments import Comments
from stages.adapters.database.holds import Holds
from stages.adapters.database.order_results import Refused
from stages.adapters.database.orders import Orders, StockRules

PRICE = Money(amount_minor=1000, currency="USD")
START_MS = 1_767_225_600_000  # 2026-01-01
NOW = datetime.fromtimestamp(START_MS / 1000, UTC)


@dataclass
class Stall:
    """`rules` say how the stock is shared out. Comments come one millisecond after another."""

    database: Database
    rules: StockRules = field(default_factory=StockRules)
    seller: str = field(default_factory=lambda: f"seller.{uuid4().hex}")
    product: UUID = field(default_factory=uuid4)
    comments: int = 0

    @property
    def orders(self) -> Orders:
        return Orders(self.database, self.rules)

    @property
    def holds(self) -> Holds:
        return Holds(self.database, self.rules)

    async def open(self, stock: int) -> Stall:
        """Register seller and product."""
        catalog = Catalog(self.database)
        await catalog.put_streamer(Streamer(self.seller, self.seller, "USD"))
        await catalog.put_product(
            self.seller, Product(self.product, "J-1", "Jacket", PRICE, images=()), stock
        )
        return self

    async def variant(self, name: str, stock: int, code: str | None = None) -> UUID:
        """Sell the product in this variant, too."""
        variant = uuid4()
        query = "insert into product_variants (id, product_id, name, code, stock) values ($1, $2, $3, $4, $5)"
        await self.change(query, variant, self.product, name, code, stock)
        return variant

    async def comment(self, client: str, *, verified: bool = False, message: str = "mine") -> Comment:
        """A stored comment."""
        self.comments += 1
        seq = f"{START_MS + self.comments}-0"
        comment = Comment(
            comment_id=derived_id(f"{self.seller}/{seq}"),
            seq=seq,
            streamer=self.seller,
            viewer=Viewer(
                platform="tiktok", client=client, client_id=f"{self.seller}/{client}", verified=verified
            ),
            timestamp=NOW,
            message=message,
        )
        await Comments(self.database).store([comment])
        return comment

    async def claim(
        self, client: str, quantity: int = 1, variant: UUID | None = None, *, verified: bool = False
    ) -> MatchedComment:
        """A stored comment that claims the product."""
        return self.claim_of(await self.comment(client, verified=verified), quantity, variant)

    def claim_of(self, comment: Comment, quantity: int = 1, variant: UUID | None = None) -> MatchedComment:
        """The claim that a comment makes."""
        return MatchedComment(
            comment_id=comment.comment_id,
            seq=comment.seq,
            streamer=self.seller,
            viewer=comment.viewer,
            timestamp=NOW,
            quantity=quantity,
            product_id=self.product,
            product_name="Jacket",
            variant_id=variant,
            score=0.9,
            price=PRICE,
        )

    async def place(
        self, client: str, quantity: int = 1, variant: UUID | None = None, *, verified: bool = False
    ) -> PlacedOrder | Refused:
        """Claim, and place the order."""
        claim = await self.claim(client, quantity, variant, verified=verified)
        return await self.orders.place(claim, NOW, 3600)

    async def cancel(self, client: str, *, code: str | None = None, verified: bool = False) -> Cancellation:
        """A stored comment by which a viewer takes back a claim."""
        return self.cancellation_of(await self.comment(client, message="cancel", verified=verified), code)

    def cancellation_of(self, comment: Comment, code: str | None = None) -> Cancellation:
        """What a comment takes back."""
        return Cancellation(
            comment_id=comment.comment_id,
            seq=comment.seq,
            streamer=self.seller,
            viewer=comment.viewer,
            timestamp=NOW,
            code=code,
        )

    async def bought(self, *statuses: str) -> list[tuple[str, int]]:
        """Who has how many pieces in orders of these statuses (default: that are not cancelled), by their comments."""
        rows = await self.rows(
            "select m.client, o.quantity from orders as o join chat_messages as m on m.id = o.comment_id "
            "where o.streamer = $1 and (o.status = any($2) or cardinality($2) = 0 and o.status <> 'cancelled') "
            "order by m.seq_rank, o.part",
            self.seller,
            list(statuses),
        )
        return [(row["client"], row["quantity"]) for row in rows]

    async def waiting(self) -> list[tuple[str, int]]:
        """Who waits for how many pieces, in the order in which they will be served."""
        rows = await self.rows(
            "select m.client, w.quantity from waitlist as w join chat_messages as m on m.id = w.comment_id "
            "where w.streamer = $1 and w.status = 'waiting' order by w.seq_rank",
            self.seller,
        )
        return [(row["client"], row["quantity"]) for row in rows]

    async def stock(self) -> int:
        """Pieces left."""
        [row] = await self.rows("select stock from products where id = $1", self.product)
        return int(row["stock"])

    async def told(self, kind: str) -> list[str]:
        """Who is told this kind of news, in the order of the outbox."""
        rows = await self.rows(
            "select m.client from outbox as o join chat_messages as m on m.id = o.comment_id "
            "where o.streamer = $1 and o.stage = 'notify' and o.record ->> 'kind' = $2 order by o.id",
            self.seller,
            kind,
        )
        return [row["client"] for row in rows]

    async def sent_to_payment(self) -> list[str]:
        """Whose orders the outbox brings to payment."""
        rows = await self.rows(
            "select record -> 'viewer' ->> 'client' as client from outbox "
            "where streamer = $1 and stage = 'payment' order by id",
            self.seller,
        )
        return [row["client"] for row in rows]

    async def await_payment(self) -> None:
        """As the payment stage does with what was placed: every order waits at a pay link of its own."""
        await self.change(
            "update orders set status = 'awaiting_payment', checkout_session = 'cs_' || id, "
            "payment_url = 'https://pay.example/' || id where streamer = $1 and status = 'placed'",
            self.seller,
        )

    async def rows(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """What the database answers."""
        async with self.database.transaction() as connection:
            return await connection.fetch(query, *values)

    async def change(self, query: str, *values: Any) -> None:
        """Change the database."""
        async with self.database.transaction() as connection:
            await connection.execute(query, *values)
