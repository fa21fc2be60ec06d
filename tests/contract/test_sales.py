"""What Prometheus is told about the shop's day, from a real database."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from schemas.money import Money
from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.sales import Sales, Sold
from stages.sales_watch import SalesWatch
from tests.contract.unpaid_orders import place
from tests.contract.webhook_door import WebhookDoor

NOW = datetime(2026, 1, 2, 15, tzinfo=UTC)


async def test_the_day_is_summed_by_status_and_currency_with_refunds_taken_off(door: WebhookDoor) -> None:
    begun = datetime.now(UTC)
    card = await door.payments.customer_with_card("emma", "pm_card_visa", uuid4().hex)
    kept, given_back = await place(door.database, card), await place(door.database, card)
    yen = await place(door.database, card, total=Money(amount_minor=5000, currency="JPY"))
    for order in (kept, given_back, yen):
        await door.pay(order)
    await place(door.database)
    await door.refunding.refund(given_back.order_number, 1999, "torn", "k")

    sold = await Sales(door.database).since(begun)

    assert sold.orders == {("paid", "USD"): 2, ("paid", "JPY"): 1, ("placed", "USD"): 1}
    assert sold.net_minor == {"USD": 2 * 7999 - 1999, "JPY": 5000}
    assert sold.earned_minor == {"USD": 800 + 600, "JPY": 500}
    assert await Sales(door.database).since(datetime.now(UTC)) == Sold({}, {}, {})


class Told:
    """Sales that are known until they are asked for a second time."""

    def __init__(self) -> None:
        self.asked: list[datetime] = []

    async def since(self, moment: datetime) -> Sold:
        self.asked.append(moment)
        if len(self.asked) > 1:
            raise DatabaseUnavailable("away")
        return Sold({("paid", "USD"): 2}, {"USD": 13999, "JPY": 5000}, {"USD": 1400})


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("orders_today", {"status": "paid", "currency": "USD"}, 2),
        ("revenue_today", {"currency": "USD"}, 139.99),
        ("revenue_today", {"currency": "JPY"}, 5000),
        ("commission_today", {"currency": "USD"}, 14.0),
    ],
)
async def test_the_day_begins_at_midnight_and_nothing_is_told_while_the_database_is_away(
    name: str, labels: dict[str, str], value: float
) -> None:
    registry, sales = CollectorRegistry(), Told()
    watch = SalesWatch(sales, now=lambda: NOW, away=(DatabaseUnavailable,), registry=registry)
    registry.register(watch)
    await watch.once()
    assert sales.asked == [datetime(2026, 1, 2, tzinfo=UTC)]
    assert registry.get_sample_value(f"tiktoksales_{name}", labels) == value
    await watch.once()
    assert registry.get_sample_value(f"tiktoksales_{name}", labels) is None
