"""An order keeps the pay link that its buyer was told, whoever comes late with another."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from stages.adapters.database import Database
from stages.adapters.database.orders import Orders

NOW = datetime(2026, 1, 1, tzinfo=UTC)

_ROWS = (
    "insert into streamers (handle, name, currency) values ($1, 'Maya', 'USD')",
    (
        "insert into products (id, streamer, sku, name, price_minor, currency, stock)"
        " values (md5($1)::uuid, $1, 'J', 'Jacket', 7999, 'USD', 1)"
    ),
    "insert into buyers (id, platform, client_id, handle) values (md5($1)::uuid, 'tiktok', $1, 'emma')",
    (
        "insert into chat_messages (id, seq, streamer, client, platform, message, sent_at, source, verified)"
        " values (md5($1)::uuid, '1-1', $1, 'emma', 'tiktok', 'mine', now(), 'stream', false)"
    ),
    (
        "insert into orders (id, order_number, comment_id, streamer, product_id, product_name, buyer_id, quantity,"
        " unit_price_minor, amount_minor, currency)"
        " values (md5($1)::uuid, 'ORD-20260101-00001', md5($1)::uuid, $1, md5($1)::uuid, 'Jacket', md5($1)::uuid, 1,"
        " 7999, 7999, 'USD')"
    ),
)


@pytest.fixture
async def order(database: Database) -> UUID:
    """An order that was placed."""
    async with database.transaction() as connection:
        name = uuid4().hex
        for row in _ROWS:
            await connection.execute(row, name)
        order: UUID = await connection.fetchval("select id from orders where streamer = $1", name)
        return order


async def test_a_late_worker_does_not_exchange_the_link(database: Database, order: UUID) -> None:
    orders = Orders(database)
    first = await orders.await_payment(order, "cs_first", "https://pay.example/first")
    late = await orders.await_payment(order, "cs_late", "https://pay.example/late")
    assert first.payment_url == late.payment_url == "https://pay.example/first"
    # The buyer pays at the link that was sent: the provider's event must find its order.
    assert await orders.settle_checkout("evt_1", "checkout.session.completed", "cs_first", "pi_1", NOW)
    assert (await orders.to_pay(order)).order.status == "paid"
