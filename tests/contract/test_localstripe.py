"""A second opinion on the payment adapter: localstripe, which others wrote, in a process of its own.

It knows no idempotency keys and no Checkout; what it knows must come out the same as in our sandbox.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
import stripe
from stripe import StripeClient

from stages.adapters.payments import (
    AuthenticationRequired,
    Charge,
    Charged,
    ChargeResult,
    Declined,
    PaymentMisused,
    StripePayments,
)
from stages.adapters.stripe_transport import StripeTransport
from tests.fixtures_sandbox import Mailbox

# Its own command listens on IPv6, which not every machine has, and leaves a file behind.
_SERVE = """
import sys
from aiohttp import web
from localstripe import server
server.store.dump_to_disk = lambda: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None)
"""

KEY, SECRET = "sk_test_localstripe", "whsec_localstripe"


@pytest.fixture(scope="module")
def localstripe() -> Iterator[str]:
    """The address of a running localstripe."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-u", "-c", _SERVE, str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        # It says "Running on ..." once it listens.
        while line := process.stdout.readline():
            if "Running on" in line:
                break
        assert line, f"localstripe ended with status {process.wait()} before it listened."
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="module")
async def sdk(localstripe: str) -> AsyncIterator[StripeClient]:
    transport = StripeTransport(10, trust_env=False)
    yield StripeClient(KEY, base_addresses={"api": localstripe}, http_client=transport)
    await transport.close_async()


@pytest.fixture(scope="module")
async def payments(localstripe: str) -> AsyncIterator[StripePayments]:
    payments = StripePayments(
        KEY,
        SECRET,
        success_url="https://shop.example/thanks",
        cancel_url="https://shop.example/back",
        now=lambda: datetime.now(UTC),
        url=localstripe,
    )
    yield payments
    await payments.close()


async def card_of(sdk: StripeClient, number: str) -> str:
    made: stripe.PaymentMethod = await sdk.v1.payment_methods.create_async(
        {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}}
    )
    return made.id


async def charged(sdk: StripeClient, payments: StripePayments, number: str) -> ChargeResult:
    card = await payments.customer_with_card("@ana", await card_of(sdk, number), uuid4().hex)
    charge = Charge(
        order_id=str(uuid4()),
        order_number="ORD-1",
        amount_minor=7999,
        currency="usd",
        customer=card.customer,
        payment_method=card.payment_method,
        buyer="@ana",
        streamer="@shop",
        comment_id=str(uuid4()),
    )
    return await payments.charge(charge, uuid4().hex)


async def test_a_saved_card_is_charged_off_session(sdk: StripeClient, payments: StripePayments) -> None:
    result = await charged(sdk, payments, "4242424242424242")
    assert isinstance(result, Charged)
    intent = await sdk.v1.payment_intents.retrieve_async(result.payment_id)
    assert (intent.status, intent.amount, intent.metadata["buyer"]) == ("succeeded", 7999, "@ana")


async def test_a_card_that_declines_after_attaching_is_declined(
    sdk: StripeClient, payments: StripePayments
) -> None:
    result = await charged(sdk, payments, "4000000000000341")
    assert isinstance(result, Declined)
    assert result.code == "card_declined"


async def test_a_card_that_wants_its_holder_says_so(sdk: StripeClient, payments: StripePayments) -> None:
    assert isinstance(await charged(sdk, payments, "4000002760003184"), AuthenticationRequired)


async def test_a_declined_card_cannot_be_saved(sdk: StripeClient, payments: StripePayments) -> None:
    with pytest.raises(PaymentMisused):
        await payments.customer_with_card("@ana", await card_of(sdk, "4000000000000002"), uuid4().hex)


async def test_its_webhooks_pass_our_signature_check(
    sdk: StripeClient,
    payments: StripePayments,
    localstripe: str,
    mailbox: Mailbox,
    browser: httpx.AsyncClient,
) -> None:
    hook = {"url": mailbox.url, "secret": SECRET, "events": ["payment_intent.succeeded"]}
    (await browser.post(f"{localstripe}/_config/webhooks/shop", json=hook)).raise_for_status()
    result = await charged(sdk, payments, "4242424242424242")
    assert isinstance(result, Charged)
    # Events are a second late: those of the tests before may come first.
    told_of = ""
    while told_of != result.payment_id:
        told = mailbox.take()
        event = payments.event(told.body, told.headers["stripe-signature"])
        assert event.type == "payment_intent.succeeded"
        told_of = event.data.object["id"]
