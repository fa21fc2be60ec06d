"""The Stripe sandbox, seen through the real SDK: every behaviour here is one that Stripe documents."""

from __future__ import annotations

import time
from uuid import uuid4

import httpx
import pytest
import stripe
from stripe import StripeClient

from tests.contract.saved_cards import payment, saved
from tests.fixtures_sandbox import Sandbox, stripe_sdk


async def test_an_off_session_payment_succeeds_and_is_charged_once(
    stripe_client: StripeClient, sandbox: Sandbox
) -> None:
    customer, card = await saved(stripe_client, "pm_card_visa")
    intent = await stripe_client.v1.payment_intents.create_async(payment(customer, card, "ORD-off-session"))
    assert (intent.status, intent.amount_received, intent.object) == ("succeeded", 7999, "payment_intent")
    charge = await stripe_client.v1.charges.retrieve_async(str(intent.latest_charge))
    assert (charge.paid, charge.payment_intent, charge.metadata["order_id"]) == (
        True,
        intent.id,
        "ORD-off-session",
    )
    charges = [each for each in sandbox.ledger()["charges"] if each["order"] == "ORD-off-session"]
    assert [(each["amount"], each["currency"], each["customer"]) for each in charges] == [
        (7999, "usd", customer)
    ]


@pytest.mark.parametrize(
    ("token", "decline_code"),
    [
        ("pm_card_chargeCustomerFail", "generic_decline"),
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
async def test_a_saved_card_that_is_declined_answers_402_with_the_payment_intent_inside(
    stripe_client: StripeClient, token: str, decline_code: str
) -> None:
    customer, card = await saved(stripe_client, token)
    with pytest.raises(stripe.CardError) as caught:
        await stripe_client.v1.payment_intents.create_async(payment(customer, card))
    error = caught.value.error
    assert (caught.value.http_status, caught.value.code) == (402, "card_declined")
    assert error is not None
    assert (error.type, error.decline_code) == ("card_error", decline_code)
    assert error.payment_intent is not None
    inside = await stripe_client.v1.payment_intents.retrieve_async(error.payment_intent.id)
    assert inside.status == "requires_payment_method"
    assert inside.last_payment_error is not None
    assert inside.last_payment_error.decline_code == decline_code


@pytest.mark.parametrize(
    ("token", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
async def test_a_declined_card_can_neither_be_charged_nor_saved(
    stripe_client: StripeClient, token: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as charged:
        await stripe_client.v1.payment_intents.create_async(
            {
                "amount": 500,
                "currency": "usd",
                "payment_method": token,
                "confirm": True,
                "off_session": True,
            }
        )
    assert charged.value.error is not None
    assert (charged.value.code, charged.value.error.decline_code) == (code, decline_code)
    customer = await stripe_client.v1.customers.create_async()
    with pytest.raises(stripe.CardError) as attached:
        await stripe_client.v1.payment_methods.attach_async(token, {"customer": customer.id})
    assert attached.value.code == code


async def test_a_card_that_wants_its_holder_is_refused_off_session(stripe_client: StripeClient) -> None:
    customer, card = await saved(stripe_client, "pm_card_authenticationRequired")
    with pytest.raises(stripe.CardError) as caught:
        await stripe_client.v1.payment_intents.create_async(payment(customer, card))
    assert caught.value.code == "authentication_required"
    on_session = await stripe_client.v1.payment_intents.create_async(
        {
            "amount": 7999,
            "currency": "usd",
            "customer": customer,
            "payment_method": card,
            "confirm": True,
            "return_url": "https://shop.example/back",
        }
    )
    assert on_session.status == "requires_action"
    assert on_session.next_action is not None


async def test_cards_are_made_from_numbers_and_listed_by_customer(stripe_client: StripeClient) -> None:
    customer = await stripe_client.v1.customers.create_async()
    made = await stripe_client.v1.payment_methods.create_async(
        {
            "type": "card",
            "card": {"number": "5555555555554444", "exp_month": 4, "exp_year": 2034, "cvc": "123"},
        }
    )
    assert made.card is not None
    assert (made.card.brand, made.card.last4, made.card.exp_year) == ("mastercard", "4444", 2034)
    await stripe_client.v1.payment_methods.attach_async(made.id, {"customer": customer.id})
    page = await stripe_client.v1.payment_methods.list_async({"customer": customer.id, "type": "card"})
    assert [each.id for each in page.data] == [made.id]


async def test_a_payment_method_of_another_customer_is_refused(stripe_client: StripeClient) -> None:
    _, card = await saved(stripe_client, "pm_card_visa")
    other = await stripe_client.v1.customers.create_async()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await stripe_client.v1.payment_intents.create_async(payment(other.id, card))
    assert caught.value.param == "payment_method"


async def test_customers_are_found_by_email(stripe_client: StripeClient) -> None:
    email = f"{uuid4().hex}@example.com"
    customer = await stripe_client.v1.customers.create_async({"email": email, "name": "Ana"})
    page = await stripe_client.v1.customers.list_async({"email": email})
    assert [(each.id, each.name) for each in page.data] == [(customer.id, "Ana")]


async def test_refunds_give_back_parts_and_never_more_than_was_charged(
    stripe_client: StripeClient, sandbox: Sandbox
) -> None:
    customer, card = await saved(stripe_client, "pm_card_visa")
    intent = await stripe_client.v1.payment_intents.create_async(payment(customer, card))
    part = await stripe_client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 1999})
    assert (part.amount, part.status) == (1999, "succeeded")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        await stripe_client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 6001})
    rest = await stripe_client.v1.refunds.create_async({"payment_intent": intent.id})
    assert rest.amount == 6000
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await stripe_client.v1.refunds.create_async({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"
    charge = await stripe_client.v1.charges.retrieve_async(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (7999, True)
    listed = await stripe_client.v1.refunds.list_async({"payment_intent": intent.id})
    assert [each.id for each in listed.data] == [rest.id, part.id]
    booked = [each["amount"] for each in sandbox.ledger()["refunds"] if each["payment_intent"] == intent.id]
    assert booked == [1999, 6000]


async def test_an_unpaid_intent_can_be_cancelled_and_a_paid_one_cannot(stripe_client: StripeClient) -> None:
    waiting = await stripe_client.v1.payment_intents.create_async({"amount": 500, "currency": "usd"})
    assert (await stripe_client.v1.payment_intents.cancel_async(waiting.id)).status == "canceled"
    customer, card = await saved(stripe_client, "pm_card_visa")
    paid = await stripe_client.v1.payment_intents.create_async(payment(customer, card))
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await stripe_client.v1.payment_intents.cancel_async(paid.id)
    assert caught.value.code == "payment_intent_unexpected_state"


async def test_an_intent_is_confirmed_later_with_another_card(stripe_client: StripeClient) -> None:
    intent = await stripe_client.v1.payment_intents.create_async({"amount": 500, "currency": "usd"})
    assert intent.status == "requires_payment_method"
    confirmed = await stripe_client.v1.payment_intents.confirm_async(
        intent.id, {"payment_method": "pm_card_visa"}
    )
    assert confirmed.status == "succeeded"


async def test_a_customers_intents_are_listed_newest_first_in_pages(stripe_client: StripeClient) -> None:
    customer, card = await saved(stripe_client, "pm_card_visa")
    made = [
        (await stripe_client.v1.payment_intents.create_async(payment(customer, card, f"ORD-{n}"))).id
        for n in range(5)
    ]
    page = await stripe_client.v1.payment_intents.list_async({"customer": customer, "limit": 2})
    assert (len(page.data), page.has_more) == (2, True)
    assert [each.id async for each in page.auto_paging_iter()] == made[::-1]


async def test_errors_have_stripes_types(
    stripe_client: StripeClient, sandbox: Sandbox, browser: httpx.AsyncClient
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        await stripe_client.v1.customers.retrieve_async("cus_nobody")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as unnamed:
        await stripe_client.v1.payment_intents.create_async({"currency": "usd"})  # type: ignore[typeddict-item]
    assert (unnamed.value.http_status, unnamed.value.code, unnamed.value.param) == (
        400,
        "parameter_missing",
        "amount",
    )
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        await stripe_client.v1.customers.create_async({"nickname": "x"})  # type: ignore[arg-type]
    assert unknown.value.code == "parameter_unknown"
    with pytest.raises(stripe.InvalidRequestError) as gone:
        await stripe_client.v1.payment_intents.create_async(
            {"amount": 500, "currency": "usd", "payment_method_types": ["card"]}  # type: ignore[typeddict-unknown-key]
        )
    assert gone.value.code == "payment_method_types_no_longer_supported"
    async with stripe_sdk(sandbox, "sk_test_of_somebody_else") as stranger:
        with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
            await stranger.v1.customers.create_async()
    nobody = await browser.post(f"{sandbox.url}/v1/customers")
    assert (nobody.status_code, nobody.json()["error"]["type"]) == (401, "invalid_request_error")
    assert (missing.value.headers or {})["request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "usd", "amount_too_small"),
        (100_000_000, "usd", "amount_too_large"),
        (12345, "kwd", "invalid_charge_amount"),
        (500, "xxx", None),
    ],
)
async def test_amounts_must_fit_their_currency(
    stripe_client: StripeClient, amount: int, currency: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await stripe_client.v1.payment_intents.create_async({"amount": amount, "currency": currency})
    assert caught.value.code == code


async def test_an_on_session_confirmation_needs_a_return_url(stripe_client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        await stripe_client.v1.payment_intents.create_async(
            {"amount": 500, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        )


async def test_events_are_kept_in_order(stripe_client: StripeClient) -> None:
    since = int(time.time())
    customer, card = await saved(stripe_client, "pm_card_visa")
    intent = await stripe_client.v1.payment_intents.create_async(payment(customer, card))
    page = await stripe_client.v1.events.list_async({"limit": 3, "created": {"gte": since}})
    assert [each.type for each in page.data] == [
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]
    assert page.data[0].data.object["id"] == intent.id
