"""The sandbox's Checkout sessions and webhooks, seen through the real SDK and a real browser's requests."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httpx
import pytest
import stripe
from stripe import StripeClient

from tests.fixtures_sandbox import Mailbox, Sandbox, running_sandbox, stripe_sdk

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams


@pytest.fixture(scope="module")
async def client(sandbox: Sandbox) -> AsyncIterator[StripeClient]:
    async with stripe_sdk(sandbox) as client:
        yield client


def link(order: str = "ORD-1", **more: object) -> SessionCreateParams:
    """A pay link over two pieces at 40.00 USD."""
    wanted: SessionCreateParams = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 2,
                "price_data": {
                    "currency": "usd",
                    "unit_amount": 4000,
                    "product_data": {"name": "Blue <Denim> Jacket"},
                },
            }
        ],
        "payment_intent_data": {"metadata": {"order_id": order}},
        "success_url": "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/back",
    }
    wanted.update(more)  # type: ignore[typeddict-item]
    return wanted


async def test_the_hosted_page_shows_the_order_and_its_button_pays(
    client: StripeClient, sandbox: Sandbox, browser: httpx.AsyncClient
) -> None:
    session = await client.v1.checkout.sessions.create_async(link("ORD-hosted"))
    assert session.url is not None
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 8000)
    page = await browser.get(session.url)
    assert page.status_code == 200
    assert "2 × Blue &lt;Denim&gt; Jacket" in page.text
    assert "Pay USD 80.00" in page.text
    paid = await browser.post(session.url, data={"card": "4242424242424242", "email": "ana@example.com"})
    assert paid.status_code == 303
    assert paid.headers["location"] == f"https://shop.example/thanks?session={session.id}"
    done = await client.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["payment_intent"]})
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert isinstance(done.payment_intent, stripe.PaymentIntent)
    assert done.payment_intent.status == "succeeded"
    assert done.customer_details is not None
    assert done.customer_details.email == "ana@example.com"
    charges = [each for each in sandbox.ledger()["charges"] if each["order"] == "ORD-hosted"]
    assert [each["amount"] for each in charges] == [8000]


async def test_a_paid_link_cannot_be_paid_again(
    client: StripeClient, sandbox: Sandbox, browser: httpx.AsyncClient
) -> None:
    session = await client.v1.checkout.sessions.create_async(link("ORD-twice"))
    url = str(session.url)
    assert (await browser.post(url, data={"card": "4242424242424242"})).status_code == 303
    assert (await browser.post(url, data={"card": "4242424242424242"})).status_code == 400
    assert (await browser.get(url)).status_code == 410
    assert len([each for each in sandbox.ledger()["charges"] if each["order"] == "ORD-twice"]) == 1


async def test_a_declined_card_leaves_the_link_open_for_another(
    client: StripeClient, sandbox: Sandbox, browser: httpx.AsyncClient
) -> None:
    session = await client.v1.checkout.sessions.create_async(link("ORD-second-card"))
    url = str(session.url)
    refused = await browser.post(url, data={"card": "4000000000009995"})
    assert refused.status_code == 402
    assert "insufficient funds" in refused.text
    assert (await browser.post(url, data={"card": "not a card"})).status_code == 400
    assert (await browser.post(url, data={"card": "4000002760003184"})).status_code == 303
    ledger = sandbox.ledger()
    assert len([each for each in ledger["charges"] if each["order"] == "ORD-second-card"]) == 1
    assert len([each for each in ledger["declines"] if each["order"] == "ORD-second-card"]) == 1


@pytest.mark.parametrize("seconds", [30 * 60 - 5, 24 * 3600 + 60])
async def test_an_expiry_outside_30_minutes_to_24_hours_is_refused(
    client: StripeClient, seconds: int
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await client.v1.checkout.sessions.create_async(link(expires_at=int(time.time()) + seconds))
    assert caught.value.param == "expires_at"


async def test_a_session_is_expired_by_hand_once(client: StripeClient, browser: httpx.AsyncClient) -> None:
    session = await client.v1.checkout.sessions.create_async(link())
    assert (await client.v1.checkout.sessions.expire_async(session.id)).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="open"):
        await client.v1.checkout.sessions.expire_async(session.id)
    assert (await browser.post(str(session.url), data={"card": "4242424242424242"})).status_code == 400


async def test_a_session_expires_by_itself_and_says_so(mailbox: Mailbox) -> None:
    with running_sandbox(SANDBOX_WEBHOOK_URL=mailbox.url) as sandbox:
        async with stripe_sdk(sandbox) as client:
            session = await client.v1.checkout.sessions.create_async(link(expires_at=int(time.time()) + 1860))
            sandbox.advance(1861)
            told = mailbox.take_event("checkout.session.expired")
            assert json.loads(told.body)["data"]["object"]["id"] == session.id
            assert (await client.v1.checkout.sessions.retrieve_async(session.id)).status == "expired"


async def test_setup_mode_saves_a_card_that_can_be_charged_later(
    client: StripeClient, browser: httpx.AsyncClient
) -> None:
    customer = await client.v1.customers.create_async({"name": "Ana"})
    session = await client.v1.checkout.sessions.create_async(
        {
            "mode": "setup",
            "currency": "usd",
            "customer": customer.id,
            "success_url": "https://shop.example/saved",
        }
    )
    assert session.payment_status == "no_payment_required"
    assert (await browser.post(str(session.url), data={"card": "4000002500003155"})).status_code == 303
    done = await client.v1.checkout.sessions.retrieve_async(session.id)
    setup = await client.v1.setup_intents.retrieve_async(str(done.setup_intent))
    assert (setup.status, setup.customer) == ("succeeded", customer.id)
    # This card wants its holder unless it was set up, which it now is.
    intent = await client.v1.payment_intents.create_async(
        {
            "amount": 500,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": str(setup.payment_method),
            "off_session": True,
            "confirm": True,
        }
    )
    assert intent.status == "succeeded"


async def test_webhooks_are_signed_with_the_configured_secret(
    mailbox: Mailbox, browser: httpx.AsyncClient
) -> None:
    with running_sandbox(SANDBOX_WEBHOOK_URL=mailbox.url) as sandbox:
        async with stripe_sdk(sandbox) as client:
            session = await client.v1.checkout.sessions.create_async(link("ORD-hook"))
            await browser.post(str(session.url), data={"card": "4242424242424242"})
            told = mailbox.take_event("checkout.session.completed")
            event = client.construct_event(
                told.body, told.headers["stripe-signature"], sandbox.webhook_secret
            )
            assert event.data.object["id"] == session.id
            assert event.data.object["payment_status"] == "paid"
            assert event.api_version == stripe.api_version
            with pytest.raises(stripe.SignatureVerificationError):
                client.construct_event(
                    told.body + b" ", told.headers["stripe-signature"], sandbox.webhook_secret
                )


async def test_a_webhook_that_is_not_taken_comes_again(mailbox: Mailbox) -> None:
    with running_sandbox(SANDBOX_WEBHOOK_URL=mailbox.url) as sandbox:
        async with stripe_sdk(sandbox) as client:
            mailbox.answer_next(500)
            await client.v1.customers.create_async()
            first, second = mailbox.take(), mailbox.take()
            assert json.loads(first.body)["id"] == json.loads(second.body)["id"]


async def test_an_endpoint_made_through_the_api_gets_the_events_it_asked_for(mailbox: Mailbox) -> None:
    with running_sandbox() as sandbox:
        async with stripe_sdk(sandbox) as client:
            endpoint = await client.v1.webhook_endpoints.create_async(
                {"url": mailbox.url, "enabled_events": ["charge.dispute.created", "charge.refunded"]}
            )
            assert endpoint.secret is not None
            intent = await client.v1.payment_intents.create_async(
                {
                    "amount": 500,
                    "currency": "usd",
                    "payment_method": "pm_card_visa",
                    "off_session": True,
                    "confirm": True,
                }
            )
            await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 100})
            told = mailbox.take()
            event = client.construct_event(told.body, told.headers["stripe-signature"], endpoint.secret)
            assert (event.type, event.data.object["amount_refunded"]) == ("charge.refunded", 100)
            await client.v1.payment_intents.create_async(
                {
                    "amount": 500,
                    "currency": "usd",
                    "payment_method": "pm_card_createDispute",
                    "off_session": True,
                    "confirm": True,
                }
            )
            assert json.loads(mailbox.take().body)["type"] == "charge.dispute.created"
