"""The commission ledger: whatever is given back, an order's rows sum up to the share of what is net paid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.money import Money
from schemas.records import PlacedOrder
from stages.adapters.database import Database
from stages.adapters.database.ledger import Balance, Ledger, accrue, correct, pay_out
from stages.adapters.database.orders import Orders, StockRules
from stages.adapters.database.refunds import Refund, Refunds
from tests.contract.unpaid_orders import place

_NUMBERS = count()


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, int, int, list[int]]:
    """A currency, a rate, what was paid, and what was given back bit by bit: odd amounts, where the currency can be
    charged in them."""
    currency = draw(st.sampled_from(["USD", "JPY", "KWD"]))
    step = 10 if currency == "KWD" else 1
    paid = draw(st.integers(1, 99_999)) * step
    rate = draw(st.sampled_from([1000, 1000, 333, 1250, 0, 10_000]))
    refunds: list[int] = []
    left = paid
    while left and len(refunds) < 4 and draw(st.booleans()):
        refunds.append(draw(st.integers(1, left // step)) * step)
        left -= refunds[-1]
    return currency, rate, paid, refunds


@pytest.fixture
def refunds(database: Database) -> Refunds:
    return Refunds(database, StockRules())


async def paid(database: Database, total: Money, rate: int = 1000) -> PlacedOrder:
    order = await place(database, total=total, basis_points=rate)
    await Orders(database).pay(order.order_id, f"pi_{next(_NUMBERS)}", datetime.now(UTC))
    return order


async def give_back(refunds: Refunds, order: PlacedOrder, amount_minor: int | None) -> None:
    number, now = next(_NUMBERS), datetime.now(UTC)
    wanted = await refunds.want(order.order_number, amount_minor, "r", str(number), restock=False, now=now)
    assert isinstance(wanted, Refund)
    for _ in range(2):  # delivered twice
        await refunds.finish(wanted.id, f"re_{number}", now)


async def commission(database: Database, order: PlacedOrder) -> int:
    async with database.transaction() as connection:
        return int(
            await connection.fetchval(
                "select sum(amount_minor) from commissions where order_id = $1", order.order_id
            )
        )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
async def test_the_ledger_equals_the_share_of_what_is_net_paid_after_each_refund(
    database: Database, refunds: Refunds, history: tuple[str, int, int, list[int]]
) -> None:
    currency, rate, net, given_back = history
    order = await paid(database, Money(amount_minor=net, currency=currency), rate)
    for amount in given_back:
        await give_back(refunds, order, amount)
        net -= amount
        exact = Decimal(net) * rate / 10_000
        assert await commission(database, order) == int(exact.to_integral_value(ROUND_HALF_UP))


@pytest.mark.parametrize("new_rate", [5000, 500])
async def test_a_new_rate_does_not_touch_what_was_sold_before(
    database: Database, refunds: Refunds, new_rate: int
) -> None:
    order = await paid(database, Money(amount_minor=7999, currency="USD"))
    async with database.transaction() as connection:
        await connection.execute(
            "update streamers set commission_basis_points = $2 where handle = $1", order.streamer, new_rate
        )
    await give_back(refunds, order, 1999)
    assert await commission(database, order) == 600


@pytest.mark.parametrize(
    "change", ["update commissions set amount_minor = 0", "delete from commissions"], ids=["update", "delete"]
)
async def test_no_row_is_ever_changed(database: Database, change: str) -> None:
    await paid(database, Money(amount_minor=7999, currency="USD"))
    with pytest.raises(asyncpg.RestrictViolationError, match="only grows"):
        async with database.transaction() as connection:
            await connection.execute(change)


async def test_a_balance_becomes_payable_after_the_refund_window_and_may_fall_below_nothing(
    database: Database, refunds: Refunds
) -> None:
    order, ledger, now = (
        await paid(database, Money(amount_minor=7999, currency="USD")),
        Ledger(database),
        datetime.now(UTC),
    )
    later = now + timedelta(days=14, minutes=1)
    assert await ledger.balances(order.streamer, now) == [Balance("USD", 800, 0, 0)]
    assert await ledger.balances(order.streamer, later) == [Balance("USD", 800, 800, 0)]
    async with database.transaction() as connection:
        await pay_out(connection, order.order_id, "tr_1", 800)
        await pay_out(connection, order.order_id, "tr_1", 800)
    assert await ledger.balances(order.streamer, later) == [Balance("USD", 0, 0, 800)]
    await give_back(refunds, order, None)
    assert await ledger.balances(order.streamer, later) == [Balance("USD", -800, -800, 800)]
    entries = await ledger.entries(order.streamer)
    assert [(entry.kind, entry.net_paid_minor, entry.amount_minor) for entry in entries] == [
        ("accrued", 7999, 800),
        ("paid_out", 7999, -800),
        ("corrected", 0, -800),
    ]
    assert {(entry.comment_id, entry.order_number) for entry in entries} == {
        (order.comment_id, order.order_number)
    }


async def test_who_sells_here_is_known_and_in_which_currency(database: Database) -> None:
    order, ledger = await place(database, total=Money(amount_minor=500, currency="JPY")), Ledger(database)
    assert await ledger.knows(order.streamer)
    assert not await ledger.knows("nobody of this name")
    assert await ledger.currency_of(order.order_number) == "JPY"
    assert await ledger.currency_of("ORD-20200101-00001") is None


async def test_a_commission_is_booked_once_at_its_sellers_rate_and_payable_when_it_is_said(
    database: Database,
) -> None:
    await place(database, basis_points=5000)  # another one's rate
    order, payable_at = await place(database, basis_points=333), datetime(2026, 1, 2, tzinfo=UTC)
    async with database.transaction() as connection:
        row = await connection.fetchrow("select * from orders where id = $1", order.order_id)
        assert row is not None
        for _ in range(2):
            await accrue(connection, row, payable_at)
    ledger = Ledger(database)
    [entry] = await ledger.entries(order.streamer)
    assert (entry.amount_minor, entry.payable_at) == (266, payable_at)
    assert await ledger.balances(order.streamer, payable_at) == [Balance("USD", 266, 266, 0)]
    before = payable_at - timedelta(microseconds=1)
    assert await ledger.balances(order.streamer, before) == [Balance("USD", 266, 0, 0)]


async def test_what_was_booked_before_rates_were_kept_is_corrected_at_the_sellers(database: Database) -> None:
    order = await place(database, basis_points=2000)
    async with database.transaction() as connection:
        await connection.execute(
            "insert into commissions (id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency)"
            " select gen_random_uuid(), id, streamer, comment_id, amount_minor, 1600, currency"
            " from orders where id = $1",
            order.order_id,
        )
        for _ in range(2):
            await correct(connection, order.order_id, "re_1", 5000)
    assert await commission(database, order) == 1000
    [balance] = await Ledger(database).balances(order.streamer, datetime.now(UTC))
    assert balance.payable_minor == 1000  # such a row is payable since it was booked


async def test_nothing_is_corrected_where_nothing_was_booked(database: Database) -> None:
    order = await place(database)
    async with database.transaction() as connection:
        await correct(connection, order.order_id, "re_1", 0)
    assert await Ledger(database).entries(order.streamer) == []


async def test_each_payout_is_booked_with_what_is_net_paid_by_then(
    database: Database, refunds: Refunds
) -> None:
    order = await paid(database, Money(amount_minor=10_000, currency="USD"))
    await give_back(refunds, order, 2000)
    async with database.transaction() as connection:
        await pay_out(connection, order.order_id, "tr_1", 500)
        await pay_out(connection, order.order_id, "tr_2", 300)
    [balance] = await Ledger(database).balances(order.streamer, datetime.now(UTC) + timedelta(days=15))
    assert balance == Balance("USD", 0, 0, 800)
    entries = await Ledger(database).entries(order.streamer)
    booked = [(each.net_paid_minor, each.amount_minor) for each in entries if each.kind == "paid_out"]
    assert sorted(booked) == [(8000, -500), (8000, -300)]


async def test_there_is_a_balance_for_each_currency_in_the_order_of_their_names(database: Database) -> None:
    order = await paid(database, Money(amount_minor=1000, currency="USD"))
    other = await place(database, total=Money(amount_minor=500, currency="JPY"), streamer=order.streamer)
    await Orders(database).pay(other.order_id, f"pi_{next(_NUMBERS)}", datetime.now(UTC))
    balances = await Ledger(database).balances(order.streamer, datetime.now(UTC))
    assert [(each.currency, each.amount_minor) for each in balances] == [("JPY", 50), ("USD", 100)]
