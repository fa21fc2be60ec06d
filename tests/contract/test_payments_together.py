"""Payments that are booked together, and what the database holds for the streams, against a real database."""

from __future__ import annotations

from datetime import UTC, datetime

from stages.adapters.database import Database
from stages.adapters.database.orders import Orders
from stages.adapters.database.outbox import DatabaseOutbox, put_in_outbox
from stages.adapters.database.payments_of_orders import REFUND_WINDOW
from stages.adapters.database.payments_together import Payment, pay_plain
from tests.contract.unpaid_orders import place

NOW = datetime.now(UTC)


async def test_a_payment_that_the_providers_event_booked_is_told_with_those_booked_now(
    database: Database,
) -> None:
    first, second = await place(database), await place(database)
    await Orders(database).pay(first.order_id, "pi_1", NOW)
    payments = [
        Payment(first.order_id, "pi_1", NOW),
        Payment(second.order_id, "pi_2", NOW),
        Payment(first.order_id, "pi_3", NOW),  # paid twice, which is for others to see to
    ]
    known, booked, odd = await pay_plain(database, REFUND_WINDOW, payments)
    assert known == (await Orders(database).to_pay(first.order_id)).order
    assert booked
    assert (booked.order_id, booked.status, booked.payment_id) == (second.order_id, "paid", "pi_2")
    assert odd is None
    async with database.transaction() as connection:
        accrued = await connection.fetchval(
            "select count(*) from commissions where order_id = any($1)", [first.order_id, second.order_id]
        )
    assert accrued == 2


async def test_the_outbox_gives_a_row_until_it_was_sent(database: Database) -> None:
    outbox, order = DatabaseOutbox(database), await place(database)
    async with outbox.unsent(10) as rows:
        assert rows == []
    async with database.transaction() as connection:
        await put_in_outbox(connection, order.order_id, "notify", order)
    async with outbox.unsent(10) as rows:
        assert [row.record_id for row in rows] == [order.order_id]
    async with outbox.unsent(10) as rows:
        assert rows == []
