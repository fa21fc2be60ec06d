"""A charge whose key remembers a server error: the order is paid all the same, and once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from stages.adapters.payments import Charge, Charged, PaymentUnavailable, StripePayments
from stages.payment import attempt
from tests.fixtures_sandbox import Sandbox

INTENTS = "/v1/payment_intents"


@pytest.fixture
def sandbox(own_sandbox: Sandbox) -> Sandbox:
    """One of their own: these tests turn its clock."""
    return own_sandbox


@pytest.fixture
async def payments(sandbox: Sandbox) -> AsyncIterator[StripePayments]:
    payments = StripePayments(
        sandbox.stripe_key,
        sandbox.webhook_secret,
        success_url="https://shop.example/thanks",
        cancel_url="https://shop.example/thanks",
        now=lambda: datetime.now(UTC),
        url=sandbox.url,
        timeout_seconds=3.0,  # shorter than in earnest: one of these tests waits for it to pass
    )
    yield payments
    await payments.close()


@pytest.fixture
async def charge(payments: StripePayments) -> Charge:
    number = f"ORD-{uuid4().hex}"
    card = await payments.customer_with_card("emma", "pm_card_visa", number)
    return Charge(
        order_id=str(uuid4()),
        order_number=number,
        amount_minor=7999,
        currency="USD",
        customer=card.customer,
        payment_method=card.payment_method,
        buyer="emma",
        streamer="maya.closet",
        comment_id=str(uuid4()),
    )


def keys_charged(sandbox: Sandbox, charge: Charge) -> list[str]:
    return [each["key"] for each in sandbox.ledger()["charges"] if each["order"] == charge.order_number]


async def test_a_remembered_500_is_left_behind_with_its_key(
    payments: StripePayments, sandbox: Sandbox, charge: Charge
) -> None:
    sandbox.arm("stripe", "server_error", path_prefix=INTENTS)
    with pytest.raises(PaymentUnavailable) as caught:  # just now: the first call may still be under way
        await attempt(charge, payments, charge.order_id)
    assert not caught.value.replayed
    for _ in range(2):
        assert isinstance(await attempt(charge, payments, charge.order_id), Charged)
    assert keys_charged(sandbox, charge) == [f"{charge.order_id}:2"]


async def test_a_500_behind_which_the_money_moved_is_not_charged_again(
    payments: StripePayments, sandbox: Sandbox, charge: Charge
) -> None:
    sandbox.arm("stripe", "server_error_after_success", path_prefix=INTENTS)
    for _ in range(3):
        assert isinstance(await attempt(charge, payments, charge.order_id), Charged)
    assert keys_charged(sandbox, charge) == [charge.order_id]


async def test_an_outage_that_nothing_remembers_keeps_its_key(
    payments: StripePayments, sandbox: Sandbox, charge: Charge
) -> None:
    sandbox.arm("stripe", "unavailable", path_prefix=INTENTS, times=3)
    for _ in range(3):
        with pytest.raises(PaymentUnavailable):
            await attempt(charge, payments, charge.order_id)
    assert isinstance(await attempt(charge, payments, charge.order_id), Charged)
    assert keys_charged(sandbox, charge) == [charge.order_id]


async def test_a_charge_whose_key_may_be_forgotten_is_looked_up_before_it_is_repeated(
    payments: StripePayments, sandbox: Sandbox, charge: Charge
) -> None:
    sandbox.arm("stripe", "timeout_after_success", path_prefix=INTENTS)
    with pytest.raises(PaymentUnavailable):
        await attempt(charge, payments, charge.order_id)
    sandbox.advance(25 * 3600)  # dead-lettered meanwhile, and sent back the next day
    assert isinstance(await attempt(charge, payments, charge.order_id, may_be_forgotten=True), Charged)
    assert len(keys_charged(sandbox, charge)) == 1
