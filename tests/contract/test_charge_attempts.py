"""Attempts to charge a saved card: frozen before the first call, and paid once whatever the provider answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.records import PlacedOrder
from stages.adapters.database import Database
from stages.adapters.database.payment_attempts import PaymentAttempts
from stages.adapters.payments import (
    AuthenticationRequired,
    Charge,
    Charged,
    Declined,
    PaymentMisused,
    PaymentUnavailable,
    StripePayments,
)
from stages.charging import Charging
from tests.contract.unpaid_orders import place
from tests.fixtures_sandbox import Sandbox

INTENTS = "/v1/payment_intents"


@pytest.fixture
def sandbox(own_sandbox: Sandbox) -> Sandbox:
    """One of their own: these tests turn its clock."""
    return own_sandbox


@dataclass
class Till:
    """A till with one order at it."""

    database: Database
    sandbox: Sandbox
    payments: StripePayments
    order: PlacedOrder
    charge: Charge
    ahead: timedelta = field(default=timedelta())

    async def pay(self, payments: StripePayments | None = None, charge: Charge | None = None) -> object:
        till = Charging(PaymentAttempts(self.database), payments or self.payments, self.now)
        return await till.charge(charge or self.charge)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, hours: int) -> None:
        self.ahead += timedelta(hours=hours)
        self.sandbox.advance(hours * 3600)

    @property
    def keys_charged(self) -> list[str]:
        """The idempotency keys of the charges that moved money."""
        booked = self.sandbox.ledger()["charges"]
        return [each["key"] for each in booked if each["order"] == self.charge.order_number]

    def key(self, number: int = 1) -> str:
        return f"charge:{self.charge.order_id}" + (f":{number}" if number > 1 else "")

    async def attempts(self) -> list[tuple[str, str]]:
        """The keys of the attempts in the database, and what became of them."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "select key, status from payment_attempts where order_id = $1 order by attempt",
                self.order.order_id,
            )
        return [(row["key"], row["status"]) for row in rows]


async def till_for(
    database: Database, sandbox: Sandbox, payments: StripePayments, test_card: str = "pm_card_visa"
) -> Till:
    card = await payments.customer_with_card("emma", test_card, test_card + datetime.now(UTC).isoformat())
    order = await place(database, card)
    charge = Charge(
        order_id=str(order.order_id),
        order_number=order.order_number,
        amount_minor=order.total.amount_minor,
        currency=order.total.currency,
        customer=card.customer,
        payment_method=card.payment_method,
        buyer="emma",
        streamer=order.streamer,
        comment_id=str(order.comment_id),
    )
    return Till(database, sandbox, payments, order, charge)


@pytest.fixture
async def till(database: Database, sandbox: Sandbox, payments: StripePayments) -> Till:
    return await till_for(database, sandbox, payments)


async def test_what_is_sent_is_frozen_first_and_sent_again_as_it_was(till: Till, sandbox: Sandbox) -> None:
    sandbox.arm("stripe", "unavailable", path_prefix=INTENTS)
    with pytest.raises(PaymentUnavailable):
        await till.pay()
    assert await till.attempts() == [(till.key(), "open")]
    # The buyer renamed themselves: Stripe would refuse other parameters under the same key.
    assert isinstance(await till.pay(charge=replace(till.charge, buyer="emma.r")), Charged)
    [booked] = sandbox.ledger()["charges"]
    assert (booked["key"], booked["metadata"]["buyer"]) == (till.key(), "emma")
    assert await till.attempts() == [(till.key(), "charged")]


async def test_a_settled_attempt_asks_nobody(till: Till, sandbox: Sandbox) -> None:
    first = await till.pay()
    sandbox.arm("stripe", "unavailable", path_prefix="/", times=100)
    assert await till.pay() == first


@pytest.mark.parametrize("fault", ["timeout", "connection_reset", "conflict", "rate_limit", "unavailable"])
async def test_a_fault_before_anything_was_done_keeps_its_key(
    till: Till, hasty: StripePayments, sandbox: Sandbox, fault: str
) -> None:
    sandbox.arm("stripe", fault, path_prefix=INTENTS, times=3)
    for _ in range(3):
        with pytest.raises(PaymentUnavailable):
            await till.pay(hasty)
        assert till.keys_charged == []
    assert isinstance(await till.pay(), Charged)
    assert till.keys_charged == [till.key()]


@pytest.mark.parametrize("fault", ["timeout_after_success", "connection_reset_after_success"])
async def test_a_charge_whose_answer_was_lost_is_made_once(
    till: Till, hasty: StripePayments, sandbox: Sandbox, fault: str
) -> None:
    sandbox.arm("stripe", fault, path_prefix=INTENTS)
    with pytest.raises(PaymentUnavailable):
        await till.pay(hasty)
    assert isinstance(await till.pay(), Charged)
    assert till.keys_charged == [till.key()]


async def test_a_remembered_500_is_left_behind_with_its_key(till: Till, sandbox: Sandbox) -> None:
    sandbox.arm("stripe", "server_error", path_prefix=INTENTS)
    with pytest.raises(PaymentUnavailable) as caught:  # just now: the first call may still be under way
        await till.pay()
    assert not caught.value.replayed
    for _ in range(2):
        assert isinstance(await till.pay(), Charged)
    assert till.keys_charged == [till.key(2)]
    assert await till.attempts() == [(till.key(), "cancelled"), (till.key(2), "charged")]


async def test_a_500_behind_which_the_money_moved_is_not_charged_again(till: Till, sandbox: Sandbox) -> None:
    sandbox.arm("stripe", "server_error_after_success", path_prefix=INTENTS)
    for _ in range(3):
        assert isinstance(await till.pay(), Charged)
    assert till.keys_charged == [till.key()]


async def test_a_charge_whose_key_may_be_forgotten_is_looked_up_before_it_is_repeated(
    till: Till, hasty: StripePayments, sandbox: Sandbox
) -> None:
    sandbox.arm("stripe", "timeout_after_success", path_prefix=INTENTS)
    with pytest.raises(PaymentUnavailable):
        await till.pay(hasty)
    till.advance(hours=25)  # dead-lettered meanwhile, and sent back the next day
    assert isinstance(await till.pay(), Charged)
    assert till.keys_charged == [till.key()]


@pytest.mark.parametrize(
    ("token", "result", "status"),
    [
        ("pm_card_chargeCustomerFail", Declined, "declined"),
        ("pm_card_authenticationRequired", AuthenticationRequired, "needs_holder"),
    ],
)
async def test_a_refused_card_is_asked_once_and_its_payment_cancelled(
    database: Database,
    sandbox: Sandbox,
    payments: StripePayments,
    token: str,
    result: type[Any],
    status: str,
) -> None:
    till = await till_for(database, sandbox, payments, token)
    for _ in range(2):
        assert isinstance(await till.pay(), result)
    assert len(sandbox.ledger()["declines"]) == 1
    assert await till.attempts() == [(till.key(), status)]
    [attempt] = sandbox.ledger()["declines"]
    assert await payments.cancel(attempt["payment_intent"]) == "canceled"


async def test_after_a_402_another_card_is_another_attempt(
    database: Database, sandbox: Sandbox, payments: StripePayments
) -> None:
    till = await till_for(database, sandbox, payments, "pm_card_chargeCustomerFail")
    assert isinstance(await till.pay(), Declined)
    good = await payments.customer_with_card("emma", "pm_card_visa", "good" + till.charge.order_id)
    with_good = replace(till.charge, customer=good.customer, payment_method=good.payment_method)
    for _ in range(2):
        assert isinstance(await till.pay(charge=with_good), Charged)
    assert till.keys_charged == [till.key(2)]
    assert await till.attempts() == [(till.key(), "declined"), (till.key(2), "charged")]


async def test_a_key_with_other_parameters_is_a_bug(till: Till, payments: StripePayments) -> None:
    await payments.charge(replace(till.charge, amount_minor=100), till.key())
    with pytest.raises(PaymentMisused) as caught:
        await till.pay()
    assert caught.value.kind == "idempotency"


async def test_an_open_attempt_is_looked_up_without_charging(
    till: Till, hasty: StripePayments, sandbox: Sandbox
) -> None:
    charging = Charging(PaymentAttempts(till.database), till.payments, till.now)
    assert await charging.look_up(till.order.order_id) is None
    sandbox.arm("stripe", "unavailable", path_prefix=INTENTS)
    with pytest.raises(PaymentUnavailable):
        await till.pay()
    assert await charging.look_up(till.order.order_id) is None
    assert till.keys_charged == []
    sandbox.arm("stripe", "timeout_after_success", path_prefix=INTENTS)
    with pytest.raises(PaymentUnavailable):
        await till.pay(hasty)
    assert isinstance(await charging.look_up(till.order.order_id), Charged)
    assert till.keys_charged == [till.key()]
