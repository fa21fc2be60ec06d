"""Orders that a shop's own software asks for, each placed once for its idempotency key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from pipeline.decision import derived_id
from schemas.money import Money
from schemas.records import MatchedComment, PlacedOrder, Viewer
from stages.adapters.database.order_results import Contested, OrderPlacedMeanwhile, Refused, SoldOut
from stages.adapters.database.outbox import put_in_outbox
from stages.adapters.database.placing import place_claim
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules, lock_stock

SOURCE = "order request"
_ENTRIES = 2**19  # a stream's own entries of one millisecond have small numbers; ours are above


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What is asked for: `product` is an id or a sku, `platform` where the buyer's handle is from. `variant` is spelt
    as in the catalog."""

    key: str
    streamer: str
    product: str
    buyer: str
    platform: str
    quantity: int
    variant: str | None = None

    @property
    def comment_id(self) -> UUID:
        """The comment that stands for the request: the same for the same key."""
        return derived_id(f"order-request/{self.key}")

    @property
    def digest(self) -> str:
        """Tells a repeated request from another one under the same key."""
        asked = [self.streamer, self.product, self.buyer, self.platform, self.quantity, self.variant]
        return hashlib.sha256(orjson.dumps(asked)).hexdigest()

    def seq(self, now: datetime) -> str:
        """Its place in the order of comments: when it came."""
        number = _ENTRIES + int.from_bytes(self.comment_id.bytes[:4]) % _ENTRIES
        return f"{int(now.timestamp() * 1000)}-{number}"


@dataclass(frozen=True, slots=True)
class Answered:
    """The order stands; `again` where an earlier request of this key made it."""

    order_id: UUID
    order_number: str
    product_name: str
    total: Money
    again: bool


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """The key was used for something else; nothing was changed."""


@dataclass(frozen=True, slots=True)
class UnknownStreamer:
    """Nobody registered the streamer; nothing was changed."""


@dataclass(frozen=True, slots=True)
class UnknownProduct:
    """The streamer sells no such product, or no such variant of it; nothing was changed."""


Answer = Answered | OtherRequest | UnknownStreamer | UnknownProduct | Refused


class _NotPlaced(Exception):
    """Takes back what the transaction has written so far."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class OrderRequests:
    """All or nothing: a request never waits for freed pieces, and gets no part of its quantity."""

    def __init__(self, database: Database, rules: StockRules) -> None:
        self._database, self._rules = database, rules

    async def place(self, request: OrderRequest, seq: str, now: datetime, spare: int) -> Answer:
        """Comment, order, the request's key and the record for `payment` in one transaction, where `spare` pieces are
        left then. No saved card is charged by it: nobody vouches for the buyer."""
        try:
            async with self._database.transaction() as connection:
                return await self._place(connection, request, seq, now, spare)
        except _NotPlaced as refused:
            return refused.answer
        except asyncpg.UniqueViolationError as error:
            raise OrderPlacedMeanwhile(f"The order of key {request.key} was placed twice.") from error

    async def _place(
        self, connection: Connection, request: OrderRequest, seq: str, now: datetime, spare: int
    ) -> Answer:
        if earlier := await _earlier(connection, request):
            return earlier
        product = await _product(connection, request)
        if not await _store_comment(connection, request, seq, now):
            return await _earlier(connection, request) or OtherRequest()
        claim = _claim(request, product, seq, now)
        stock = await lock_stock(connection, claim.product_id, claim.variant_id)
        if stock is None or (stock.left < claim.quantity and not stock.lacks_variant):
            raise _NotPlaced(SoldOut())
        if stock.left < claim.quantity + spare:
            raise _NotPlaced(Contested())
        placed = await place_claim(connection, claim, now, float("inf"), 0, self._rules)
        if not isinstance(placed, PlacedOrder):
            raise _NotPlaced(placed)
        await connection.execute(
            statement("order_requests/remember"), request.key, request.digest, placed.order_id
        )
        await put_in_outbox(connection, derived_id(f"placed/{placed.order_id}"), "payment", placed)
        return Answered(placed.order_id, placed.order_number, placed.product_name, placed.total, again=False)


async def _product(connection: Connection, request: OrderRequest) -> asyncpg.Record:
    if await connection.fetchrow(statement("catalog/streamer"), request.streamer) is None:
        raise _NotPlaced(UnknownStreamer())
    row = await connection.fetchrow(
        statement("order_requests/product"),
        request.streamer,
        _uuid(request.product),
        request.product,
        request.variant,
    )
    if row is None or (request.variant is not None and row["variant_id"] is None):
        raise _NotPlaced(UnknownProduct())
    return row


async def _store_comment(connection: Connection, request: OrderRequest, seq: str, now: datetime) -> bool:
    message = f"{request.quantity} x {request.product}"
    stored = await connection.fetchval(
        statement("order_requests/store_comment"),
        request.comment_id,
        seq,
        request.streamer,
        request.buyer,
        request.platform,
        f"{message} ({request.variant})" if request.variant else message,
        request.key,
        now,
        SOURCE,
        request.quantity,
        request.variant,
    )
    return stored is not None


async def _earlier(connection: Connection, request: OrderRequest) -> Answered | OtherRequest | None:
    """What the request's key has made; None where nothing yet."""
    row = await connection.fetchrow(statement("order_requests/answered"), request.key)
    if row is None:
        return None
    if row["digest"] != request.digest:
        return OtherRequest()
    total = Money(amount_minor=row["amount_minor"], currency=row["currency"])
    return Answered(row["id"], row["order_number"], row["product_name"], total, again=True)


def _claim(request: OrderRequest, product: asyncpg.Record, seq: str, now: datetime) -> MatchedComment:
    facts: dict[str, Any] = {"variant": product["variant"], "variant_id": product["variant_id"]}
    return MatchedComment(
        comment_id=request.comment_id,
        seq=seq,
        streamer=request.streamer,
        viewer=Viewer(platform=request.platform, client=request.buyer, verified=False),
        timestamp=now,
        quantity=request.quantity,
        product_id=product["id"],
        product_name=product["name"],
        score=1.0,
        price=Money(amount_minor=product["price_minor"], currency=product["currency"]),
        **facts,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
