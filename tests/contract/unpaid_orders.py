"""Orders that were placed, each of a streamer, a product and a buyer of its own, for the tests that get them paid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from schemas.money import Money
from schemas.records import PlacedOrder, Viewer
from stages.adapters.database import Database
from stages.adapters.database.order_rows import order_id
from stages.adapters.payments import SavedCard, StripePayments
from tests.fixtures_sandbox import Sandbox

_STREAMER = (
    "insert into streamers (handle, name, currency, commission_basis_points) values ($1, 'Maya', $2, $3)"
)
_PRODUCT = (
    "insert into products (id, streamer, sku, name, price_minor, currency, stock)"
    " values ($1, $2, $6, 'Jacket', $3, $4, $5)"
)
_BUYER = (
    "insert into buyers (id, platform, client_id, handle, stripe_customer, payment_method)"
    " values ($1, 'tiktok', $2, 'emma', $3, $4)"
)
_COMMENT = (
    "insert into chat_messages (id, seq, streamer, client, client_id, platform, message, sent_at, source, verified)"
    " values ($1, $2, $3, 'emma', $4, 'tiktok', 'mine', now(), 'gateway', true)"
)
_ORDER = (
    "insert into orders (id, order_number, comment_id, streamer, product_id, product_name, buyer_id, quantity,"
    " unit_price_minor, amount_minor, currency, placed_at, hold_until)"
    " values ($1, $2, $3, $4, $5, 'Jacket', $6, 1, $7, $7, $8, $9, $10)"
)
_HOLD = timedelta(minutes=30)


def stripe_of(
    sandbox: Sandbox, *, key: str | None = None, secret: str | None = None, timeout_seconds: float = 10.0
) -> StripePayments:
    """The real adapter at the sandbox."""
    return StripePayments(
        key or sandbox.stripe_key,
        secret or sandbox.webhook_secret,
        success_url="https://shop.example/thanks?session={CHECKOUT_SESSION_ID}",
        cancel_url="https://shop.example/back",
        now=lambda: datetime.now(UTC),
        url=sandbox.url,
        timeout_seconds=timeout_seconds,
    )


async def place(
    database: Database,
    card: SavedCard | None = None,
    *,
    total: Money | None = None,
    stock: int = 0,
    basis_points: int = 1000,
    streamer: str | None = None,
) -> PlacedOrder:
    """A placed order, by default of one jacket at $79.99 that was the last; `stock` more of them are left. The streamer
    is new, unless one that is there is named."""
    total = total or Money(amount_minor=7999, currency="USD")
    comment, product, buyer, name, now = uuid4(), uuid4(), uuid4(), uuid4().hex, datetime.now(UTC)
    seller = streamer or name
    order, seq = order_id(comment), f"{int(now.timestamp() * 1000)}-0"
    number = f"ORD-{now:%Y%m%d}-{int(name[:12], 16):05d}"
    amount, currency = total.amount_minor, total.currency
    async with database.transaction() as connection:
        if streamer is None:
            await connection.execute(_STREAMER, name, currency, basis_points)
        await connection.execute(_PRODUCT, product, seller, amount, currency, stock, name)
        saved = (card.customer, card.payment_method) if card else (None, None)
        await connection.execute(_BUYER, buyer, name, *saved)
        await connection.execute(_COMMENT, comment, seq, seller, name)
        await connection.execute(
            _ORDER, order, number, comment, seller, product, buyer, amount, currency, now, now + _HOLD
        )
    return PlacedOrder(
        comment_id=comment,
        seq=seq,
        streamer=seller,
        viewer=Viewer(platform="tiktok", client="emma", client_id=name, verified=True),
        order_id=order,
        order_number=number,
        product_name="Jacket",
        quantity=1,
        total=total,
        status="placed",
    )
