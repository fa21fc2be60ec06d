"""Idempotency keys at the Stripe sandbox, as Stripe documents them ("Idempotent requests")."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
import stripe
from stripe import StripeClient

from tests.contract.saved_cards import payment, saved
from tests.fixtures_sandbox import Sandbox, stripe_sdk


async def test_a_key_replays_the_first_answer(stripe_client: StripeClient, sandbox: Sandbox) -> None:
    customer, card = await saved(stripe_client, "pm_card_visa")
    order, key = f"ORD-{uuid4().hex}", uuid4().hex
    first = await stripe_client.v1.payment_intents.create_async(
        payment(customer, card, order), {"idempotency_key": key}
    )
    second = await stripe_client.v1.payment_intents.create_async(
        payment(customer, card, order), {"idempotency_key": key}
    )
    assert first.id == second.id
    assert first.last_response is not None
    assert second.last_response is not None
    headers = second.last_response.headers
    assert headers["idempotent-replayed"] == "true"
    assert headers["original-request"] == first.last_response.headers["request-id"]
    assert "idempotent-replayed" not in first.last_response.headers
    charges = [(each["order"], each["key"]) for each in sandbox.ledger()["charges"] if each["order"] == order]
    assert charges == [(order, key)]


async def test_a_key_replays_a_decline_too(stripe_client: StripeClient, sandbox: Sandbox) -> None:
    customer, card = await saved(stripe_client, "pm_card_chargeCustomerFail")
    order, key, payments = f"ORD-{uuid4().hex}", uuid4().hex, set()
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            await stripe_client.v1.payment_intents.create_async(
                payment(customer, card, order), {"idempotency_key": key}
            )
        assert caught.value.error is not None
        assert caught.value.error.payment_intent is not None
        payments.add(caught.value.error.payment_intent.id)
    assert len(payments) == 1
    assert len([each for each in sandbox.ledger()["declines"] if each["order"] == order]) == 1


async def test_a_key_refuses_other_parameters_and_other_endpoints(stripe_client: StripeClient) -> None:
    key = uuid4().hex
    await stripe_client.v1.customers.create_async({"name": "Ana"}, {"idempotency_key": key})
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        await stripe_client.v1.customers.create_async({"name": "Bea"}, {"idempotency_key": key})
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        await stripe_client.v1.payment_intents.create_async(
            {"amount": 500, "currency": "usd"}, {"idempotency_key": key}
        )


async def test_a_call_that_fails_its_checks_leaves_the_key_free(stripe_client: StripeClient) -> None:
    key = uuid4().hex
    with pytest.raises(stripe.InvalidRequestError):
        await stripe_client.v1.payment_intents.create_async(
            {"amount": 1, "currency": "usd"}, {"idempotency_key": key}
        )
    intent = await stripe_client.v1.payment_intents.create_async(
        {"amount": 500, "currency": "usd"}, {"idempotency_key": key}
    )
    assert intent.amount == 500


async def test_a_key_in_use_answers_409(stripe_client: StripeClient, sandbox: Sandbox) -> None:
    key, path = uuid4().hex, "/v1/customers"
    sandbox.arm("stripe", "slow", path_prefix=path, seconds=0.5, times=2)

    async def create() -> stripe.Customer:
        return await stripe_client.v1.customers.create_async({"name": "Ana"}, {"idempotency_key": key})

    answers = await asyncio.gather(create(), create(), return_exceptions=True)
    refusals = [each for each in answers if isinstance(each, stripe.APIError)]
    assert [each.http_status for each in refusals] == [409]
    assert [each for each in answers if isinstance(each, stripe.Customer)]


async def test_keys_are_forgotten_after_a_day(own_sandbox: Sandbox) -> None:
    async with stripe_sdk(own_sandbox) as client:
        first = await client.v1.customers.create_async({"name": "Ana"}, {"idempotency_key": "once"})
        own_sandbox.advance(24 * 3600 + 1)
        second = await client.v1.customers.create_async({"name": "Ana"}, {"idempotency_key": "once"})
    assert first.id != second.id
