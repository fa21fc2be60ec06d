"""Payouts: what is payable goes to the streamer's account, each order's once, and never more than the balance."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from schemas.money import Money
from schemas.records import PlacedOrder
from stages.adapters.database import Database
from stages.adapters.database.ledger import Ledger
from stages.adapters.database.orders import Orders, StockRules
from stages.adapters.database.payouts import Payouts
from stages.adapters.database.refunds import Refund, Refunds
from stages.adapters.payments import StripePayments
from stages.adapters.transfers import Transfers
from stages.payouts import PayingOut
from tests.contract.unpaid_orders import place, stripe_of
from tests.fixtures_sandbox import Sandbox

if TYPE_CHECKING:
    from stripe.params import AccountCreateParams

TRANSFERS = "/v1/transfers"
WINDOW = timedelta(days=14, hours=1)


@pytest.fixture
async def payments(own_sandbox: Sandbox) -> AsyncIterator[StripePayments]:
    """At a sandbox of their own: its balance is counted."""
    payments = stripe_of(own_sandbox, timeout_seconds=2.0)
    yield payments
    await payments.close()


@dataclass
class Purse:
    """A streamer's earnings, and who pays them out."""

    database: Database
    sandbox: Sandbox
    payments: StripePayments
    order: PlacedOrder
    account: str
    ahead: timedelta = field(default=WINDOW)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def round(self) -> int:
        payer = PayingOut(Payouts(self.database), Transfers(self.payments.account), self.now)
        return await payer.round()

    @property
    def transfers(self) -> list[tuple[int, str]]:
        """Amount and key of each transfer to the streamer's account."""
        booked = self.sandbox.ledger()["transfers"]
        return [(each["amount"], each["key"]) for each in booked if each["destination"] == self.account]

    async def owed(self) -> list[tuple[int, int]]:
        """What is owed, and what of it is payable."""
        balances = await Ledger(self.database).balances(self.order.streamer, self.now())
        return [(each.amount_minor, each.payable_minor) for each in balances]

    async def statuses(self) -> list[str]:
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "select status from payouts where streamer = $1", self.order.streamer
            )
        return [row["status"] for row in rows]


async def purse_of(
    database: Database,
    sandbox: Sandbox,
    payments: StripePayments,
    total: Money | None = None,
    *,
    able: bool = True,
    streamer: str | None = None,
) -> Purse:
    """A streamer with a connected account who has sold one thing; the sale's money is on the platform's balance."""
    wanted: AccountCreateParams = {"type": "express"}
    if able:
        wanted["capabilities"] = {"transfers": {"requested": True}}
    account = await payments.account.client.v1.accounts.create_async(wanted)
    card = await payments.customer_with_card("emma", "pm_card_visa", uuid4().hex)
    order = await place(database, card, total=total, streamer=streamer)
    intent = await payments.account.client.v1.payment_intents.create_async(
        {
            "amount": order.total.amount_minor,
            "currency": order.total.currency.lower(),
            "customer": card.customer,
            "payment_method": card.payment_method,
            "off_session": True,
            "confirm": True,
        }
    )
    await Orders(database).pay(order.order_id, intent.id, datetime.now(UTC))
    assert await Payouts(database).pay_to(order.streamer, account.id)
    return Purse(database, sandbox, payments, order, account.id)


@pytest.fixture
async def purse(database: Database, own_sandbox: Sandbox, payments: StripePayments) -> Purse:
    return await purse_of(database, own_sandbox, payments)


async def test_a_commission_is_paid_out_once_after_the_refund_window(purse: Purse) -> None:
    purse.ahead = timedelta(days=13)
    assert await purse.round() == 0
    purse.ahead = WINDOW
    assert await purse.round() == 1
    assert await purse.round() == 0
    assert purse.transfers == [(800, f"transfer:{purse.order.order_id}")]
    assert await purse.owed() == [(0, 0)]


async def test_nobody_is_paid_without_an_account(purse: Purse) -> None:
    async with purse.database.transaction() as connection:
        await connection.execute(
            "update streamers set stripe_account = null where handle = $1", purse.order.streamer
        )
    assert await purse.round() == 0
    assert await purse.owed() == [(800, 800)]


@pytest.mark.parametrize(
    "fault",
    ["timeout_after_success", "connection_reset", "conflict", "rate_limit", "server_error_after_success"],
)
async def test_a_transfer_whose_answer_was_lost_is_made_once(purse: Purse, fault: str) -> None:
    purse.sandbox.arm("stripe", fault, path_prefix=TRANSFERS)
    for _ in range(3):
        await purse.round()
    assert [amount for amount, _ in purse.transfers] == [800]
    assert await purse.owed() == [(0, 0)]


async def test_a_key_that_remembers_a_500_is_used_again_after_a_day(purse: Purse) -> None:
    purse.sandbox.arm("stripe", "server_error", path_prefix=TRANSFERS)
    assert [await purse.round() for _ in range(2)] == [0, 0]
    purse.sandbox.advance(25 * 3600)
    purse.ahead += timedelta(hours=25)
    assert await purse.round() == 1
    assert [amount for amount, _ in purse.transfers] == [800]


async def test_what_was_refunded_after_its_payout_is_set_off_against_the_next(
    purse: Purse, payments: StripePayments
) -> None:
    assert await purse.round() == 1
    await give_back(purse, purse.order)
    assert await purse.owed() == [(-800, -800)]
    # The streamer sells again, for as much: the new commission only makes up for the old.
    await purse_of(purse.database, purse.sandbox, payments, streamer=purse.order.streamer)
    assert await purse.round() == 0
    assert await purse.owed() == [(0, 0)]
    assert [amount for amount, _ in purse.transfers] == [800]


async def give_back(purse: Purse, order: PlacedOrder) -> None:
    refunds = Refunds(purse.database, StockRules())
    wanted = await refunds.want(order.order_number, None, "r", "k", restock=False, now=purse.now())
    assert isinstance(wanted, Refund)
    await refunds.finish(wanted.id, uuid4().hex, purse.now())


async def test_a_disputed_order_waits(purse: Purse) -> None:
    async with purse.database.transaction() as connection:
        await connection.execute("update orders set disputed_at = now() where id = $1", purse.order.order_id)
    assert await purse.round() == 0
    assert purse.transfers == []


async def test_an_account_that_can_not_receive_is_refused_and_the_debt_stays(
    database: Database, own_sandbox: Sandbox, payments: StripePayments
) -> None:
    purse = await purse_of(database, own_sandbox, payments, able=False)
    assert await purse.round() == 0
    assert await purse.statuses() == ["refused"]
    assert await purse.owed() == [(800, 800)]


async def test_a_balance_that_does_not_cover_it_lets_it_wait(
    database: Database, own_sandbox: Sandbox, payments: StripePayments
) -> None:
    purse = await purse_of(database, own_sandbox, payments, Money(amount_minor=7999, currency="EUR"))
    [charge] = own_sandbox.ledger()["charges"]
    await payments.refund(charge["payment_intent"], None, uuid4().hex)
    assert await purse.round() == 0
    assert await purse.statuses() == ["wanted"]


async def test_three_decimals_are_paid_out_as_far_as_the_provider_moves_them(
    database: Database, own_sandbox: Sandbox, payments: StripePayments
) -> None:
    purse = await purse_of(database, own_sandbox, payments, Money(amount_minor=12_340, currency="KWD"))
    assert await purse.round() == 1
    assert [amount for amount, _ in purse.transfers] == [1_230]
    assert await purse.owed() == [(4, 4)]
