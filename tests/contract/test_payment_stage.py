"""The payment stage against the sandbox and a real database: each row of the error table, seen from outside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from pipeline.stage import Drop, Emit, Outcome, Reject, Retry
from schemas.money import Money
from schemas.records import PaidOrder, PlacedOrder
from stages.adapters.database import Database
from stages.adapters.database.orders import Orders
from stages.adapters.database.payment_attempts import PaymentAttempts
from stages.adapters.payments import SavedCard, StripePayments
from stages.charging import Charging
from stages.payment import pay
from stages.standstill import STOPPED, Standstill
from tests.contract.unpaid_orders import place, stripe_of
from tests.fixtures_sandbox import Sandbox

INTENTS = "/v1/payment_intents"


@pytest.fixture
async def card(payments: StripePayments) -> SavedCard:
    return await payments.customer_with_card("emma", "pm_card_visa", uuid4().hex)


async def handle(
    database: Database,
    payments: StripePayments,
    order: PlacedOrder,
    standstill: Standstill | None = None,
    now: datetime | None = None,
) -> Outcome:
    def clock() -> datetime:
        return now or datetime.now(UTC)

    return await pay(
        order,
        orders=Orders(database),
        charging=Charging(PaymentAttempts(database), payments, clock),
        payments=payments,
        now=clock,
        hold_seconds=1800,
        standstill=standstill or Standstill(clock),
    )


def charged(sandbox: Sandbox, order: PlacedOrder) -> list[int]:
    booked = sandbox.ledger()["charges"]
    return [each["amount"] for each in booked if each["order"] == order.order_number]


def paid(outcome: Outcome) -> PaidOrder:
    assert isinstance(outcome, Emit)
    assert isinstance(outcome.record, PaidOrder)
    return outcome.record


async def test_a_saved_card_is_charged_and_commission_accrues(
    database: Database, payments: StripePayments, sandbox: Sandbox, card: SavedCard
) -> None:
    order = await place(database, card)
    for _ in range(2):  # delivered again, it finds itself
        assert paid(await handle(database, payments, order)).status == "paid"
    assert charged(sandbox, order) == [7999]
    async with database.transaction() as connection:
        row = await connection.fetchrow("select * from commissions where order_id = $1", order.order_id)
    assert row is not None
    assert (row["kind"], row["cause"], row["amount_minor"], row["basis_points"]) == (
        "accrued",
        "paid",
        800,
        1000,
    )
    assert timedelta(days=13) < row["payable_at"] - datetime.now(UTC) < timedelta(days=15)


async def test_a_declined_card_becomes_one_pay_link(database: Database, payments: StripePayments) -> None:
    poor = await payments.customer_with_card("emma", "pm_card_chargeCustomerFail", uuid4().hex)
    order = await place(database, poor)
    first = paid(await handle(database, payments, order))
    assert first.status == "awaiting_payment"
    assert paid(await handle(database, payments, order)).payment_url == first.payment_url


@pytest.mark.parametrize("fault", ["timeout_after_success", "connection_reset_after_success", "conflict"])
async def test_an_order_whose_answer_was_lost_is_tried_again_and_charged_once(
    database: Database,
    payments: StripePayments,
    hasty: StripePayments,
    sandbox: Sandbox,
    card: SavedCard,
    fault: str,
) -> None:
    order = await place(database, card)
    sandbox.arm("stripe", fault, path_prefix=INTENTS)
    lost = await handle(database, hasty, order)
    assert isinstance(lost, Retry)
    assert (lost.counts, lost.after, lost.error) == (True, None, "PaymentUnavailable")
    assert paid(await handle(database, payments, order)).status == "paid"
    assert charged(sandbox, order) == [7999]


async def test_a_rate_limit_puts_orders_off_without_counting(
    database: Database, payments: StripePayments, sandbox: Sandbox, card: SavedCard
) -> None:
    order = await place(database, card)
    sandbox.arm("stripe", "rate_limit", path_prefix=INTENTS)
    limited = await handle(database, payments, order)
    assert isinstance(limited, Retry)
    assert not limited.counts
    assert limited.after is not None
    assert 2 <= limited.after < 4
    assert paid(await handle(database, payments, order)).status == "paid"
    assert charged(sandbox, order) == [7999]


async def test_a_key_that_was_used_for_something_else_is_a_loud_bug(
    database: Database, payments: StripePayments, card: SavedCard
) -> None:
    order = await place(database, card)
    await payments.charge_as(
        {
            "amount": 100,
            "currency": "usd",
            "customer": card.customer,
            "payment_method": card.payment_method,
            "off_session": True,
            "confirm": True,
        },
        f"charge:{order.order_id}",
    )
    with capture_logs() as logs:
        outcome = await handle(database, payments, order)
    assert isinstance(outcome, Reject)
    assert [line["log_level"] for line in logs if "a bug" in line["event"]] == ["error"]


async def test_wrong_credentials_stop_the_stage_and_lose_no_order(
    database: Database, payments: StripePayments, sandbox: Sandbox, card: SavedCard
) -> None:
    revoked = stripe_of(sandbox, key="sk_test_revoked")
    moments = [datetime.now(UTC)]
    standstill = Standstill(lambda: moments[-1], pause_seconds=30)
    first, second = [await place(database, card) for _ in range(2)]
    with capture_logs() as logs:
        refused = await handle(database, revoked, first, standstill)
    await revoked.close()
    assert isinstance(refused, Retry)
    assert (refused.counts, refused.after) == (False, 30.0)
    assert any(line["log_level"] == "error" for line in logs)
    assert STOPPED._value.get() == 1
    # Nobody calls the provider until the pause is over, not even with the right key.
    waiting = await handle(database, payments, second, standstill)
    assert isinstance(waiting, Retry)
    assert (waiting.counts, charged(sandbox, second)) == (False, [])
    moments.append(moments[0] + timedelta(seconds=31))
    for order in (first, second):
        assert paid(await handle(database, payments, order, standstill)).status == "paid"
        assert charged(sandbox, order) == [7999]
    assert STOPPED._value.get() == 0


@pytest.mark.parametrize(
    ("amount_minor", "currency", "words"),
    [
        (30, "USD", r"\$0\.30.*can't be charged.*at least 50.*set a price"),
        (12_345, "KWD", r"12\.345 KWD is too fine for Stripe.*12\.340 KWD"),
    ],
)
async def test_an_amount_that_can_not_be_charged_is_rejected_in_words(
    database: Database,
    payments: StripePayments,
    card: SavedCard,
    amount_minor: int,
    currency: str,
    words: str,
) -> None:
    order = await place(database, card, total=Money(amount_minor=amount_minor, currency=currency))
    outcome = await handle(database, payments, order)
    assert isinstance(outcome, Reject)
    assert re.search(words, outcome.reason)
    assert (await Orders(database).to_pay(order.order_id)).order.status == "cancelled"


@pytest.mark.parametrize(
    ("amount_minor", "currency", "booked"),
    [(12_800, "JPY", 12_800), (12_340, "KWD", 12_340), (500, "ISK", 50_000), (500_000, "MGA", 5_000)],
)
async def test_amounts_reach_the_provider_in_its_own_units(
    database: Database,
    payments: StripePayments,
    sandbox: Sandbox,
    card: SavedCard,
    amount_minor: int,
    currency: str,
    booked: int,
) -> None:
    order = await place(database, card, total=Money(amount_minor=amount_minor, currency=currency))
    assert paid(await handle(database, payments, order)).status == "paid"
    assert charged(sandbox, order) == [booked]


async def cancel(database: Database, order: PlacedOrder) -> None:
    assert await Orders(database).cancel(order.order_id, "buyer", datetime.now(UTC))


async def test_a_charge_that_moved_money_before_its_order_was_cancelled_revives_it(
    database: Database, payments: StripePayments, hasty: StripePayments, sandbox: Sandbox, card: SavedCard
) -> None:
    order = await place(database, card)
    sandbox.arm("stripe", "timeout_after_success", path_prefix=INTENTS)
    assert isinstance(await handle(database, hasty, order), Retry)
    await cancel(database, order)
    assert paid(await handle(database, payments, order)).status == "paid"
    async with database.transaction() as connection:
        assert (
            await connection.fetchval("select stock from products where streamer = $1", order.streamer) == 0
        )


async def test_an_order_that_was_cancelled_before_any_charge_is_dropped(
    database: Database, payments: StripePayments, sandbox: Sandbox, card: SavedCard
) -> None:
    order = await place(database, card)
    await cancel(database, order)
    assert await handle(database, payments, order) == Drop("order cancelled")
    assert charged(sandbox, order) == []
