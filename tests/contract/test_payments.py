"""The payment adapter against the sandbox, faults included: what the ledger shows is what counts."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from stripe import WebhookSignature

from stages.adapters.payments import (
    AuthenticationRequired,
    Bill,
    Charge,
    Charged,
    Declined,
    ForgedWebhook,
    PayLink,
    PaymentMisused,
    PaymentUnavailable,
    Refunded,
    RefundRefused,
    StripePayments,
    link_expiry,
)
from tests.contract.unpaid_orders import stripe_of
from tests.fixtures_sandbox import Mailbox, Sandbox, running_sandbox

INTENTS = "/v1/payment_intents"


async def order_by(payments: StripePayments, test_card: str = "pm_card_visa") -> Charge:
    """A new order of a new buyer with this test card."""
    card = await payments.customer_with_card("@ana", test_card, uuid4().hex, "ana@example.com")
    return Charge(
        order_id=str(uuid4()),
        order_number=f"ORD-{uuid4().hex}",
        amount_minor=7999,
        currency="USD",
        customer=card.customer,
        payment_method=card.payment_method,
        buyer="@ana",
        streamer="@shop",
        comment_id=str(uuid4()),
    )


def charges(sandbox: Sandbox, order: Charge) -> list[tuple[int, str]]:
    """Amount and idempotency key of each charge of this order that moved money."""
    booked = sandbox.ledger()["charges"]
    return [(each["amount"], each["key"]) for each in booked if each["order"] == order.order_number]


async def test_a_saved_card_is_charged_with_the_orders_metadata(
    payments: StripePayments, sandbox: Sandbox
) -> None:
    order = await order_by(payments)
    result = await payments.charge(order, "key-1" + order.order_id)
    assert isinstance(result, Charged)
    booked = next(each for each in sandbox.ledger()["charges"] if each["payment_intent"] == result.payment_id)
    assert (booked["amount"], booked["currency"]) == (7999, "usd")
    assert booked["metadata"] == {
        "order_id": order.order_number,
        "order_uuid": order.order_id,
        "buyer": "@ana",
        "streamer": "@shop",
        "comment_id": order.comment_id,
        "attempt": "key-1" + order.order_id,
    }


async def test_a_declined_card_is_a_result_with_the_banks_reason(payments: StripePayments) -> None:
    order = await order_by(payments, "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    result = await payments.charge(order, uuid4().hex)
    assert isinstance(result, Declined)
    assert (result.code, result.message) == ("insufficient_funds", "Your card has insufficient funds.")
    assert result.payment_id is not None
    assert await payments.cancel(result.payment_id) == "canceled"


async def test_a_card_that_wants_its_holder_is_a_result(payments: StripePayments) -> None:
    result = await payments.charge(await order_by(payments, "pm_card_authenticationRequired"), uuid4().hex)
    assert isinstance(result, AuthenticationRequired)
    assert result.payment_id is not None


async def test_a_card_that_is_gone_is_a_decline_not_a_bug(payments: StripePayments) -> None:
    order = replace(await order_by(payments), payment_method="pm_removed_since")
    result = await payments.charge(order, uuid4().hex)
    assert isinstance(result, Declined)
    assert (result.code, result.payment_id) == ("resource_missing", None)


@pytest.mark.parametrize("fault", ["timeout_after_success", "connection_reset_after_success"])
async def test_a_charge_whose_answer_is_lost_is_made_once(
    hasty: StripePayments, payments: StripePayments, sandbox: Sandbox, fault: str
) -> None:
    order, key = await order_by(payments), uuid4().hex
    sandbox.arm("stripe", fault, path_prefix=INTENTS)
    with pytest.raises(PaymentUnavailable) as lost:
        await hasty.charge(order, key)
    assert lost.value.reason in ("connection", "timeout")
    assert charges(sandbox, order) == [(7999, key)]
    again = await payments.charge(order, key)
    assert isinstance(again, Charged)
    assert charges(sandbox, order) == [(7999, key)]


@pytest.mark.parametrize(
    ("fault", "reasons"),
    [
        (
            "timeout",
            {"connection", "timeout"},
        ),  # the request's limit or the call's, whichever is noticed first
        ("connection_reset", {"connection"}),
        ("conflict", {"conflict"}),
        ("rate_limit", {"rate_limit"}),
        ("unavailable", {"server_error"}),
    ],
)
async def test_a_passing_fault_is_over_with_the_same_key(
    hasty: StripePayments, payments: StripePayments, sandbox: Sandbox, fault: str, reasons: set[str]
) -> None:
    order, key = await order_by(payments), uuid4().hex
    sandbox.arm("stripe", fault, path_prefix=INTENTS)
    with pytest.raises(PaymentUnavailable) as caught:
        await (hasty if fault == "timeout" else payments).charge(order, key)
    assert caught.value.reason in reasons
    assert caught.value.retry_after == (1.0 if fault == "rate_limit" else None)
    assert charges(sandbox, order) == []
    assert isinstance(await payments.charge(order, key), Charged)
    assert charges(sandbox, order) == [(7999, key)]


@pytest.mark.parametrize(
    ("fault", "found"), [("server_error", None), ("server_error_after_success", Charged)]
)
async def test_a_500_stays_with_its_key_and_the_payment_is_looked_up(
    payments: StripePayments, sandbox: Sandbox, fault: str, found: type[Charged] | None
) -> None:
    order, key = await order_by(payments), uuid4().hex
    sandbox.arm("stripe", fault, path_prefix=INTENTS)
    for _ in range(2):
        with pytest.raises(PaymentUnavailable) as caught:
            await payments.charge(order, key)
        assert caught.value.reason == "server_error"
    known = await payments.find(order, key)
    assert known is None if found is None else isinstance(known, found)


async def test_a_decline_is_found_by_its_attempt_and_a_success_by_its_order(
    payments: StripePayments,
) -> None:
    order = await order_by(payments, "pm_card_chargeCustomerFail")
    await payments.charge(order, "first" + order.order_id)
    assert isinstance(await payments.find(order, "first" + order.order_id), Declined)
    assert await payments.find(order, "second" + order.order_id) is None
    paid = await order_by(payments)
    await payments.charge(paid, "first" + paid.order_id)
    assert isinstance(await payments.find(paid, "second" + paid.order_id), Charged)


async def test_a_key_with_other_parameters_is_a_bug(payments: StripePayments) -> None:
    order, key = await order_by(payments), uuid4().hex
    await payments.charge(order, key)
    with pytest.raises(PaymentMisused) as caught:
        await payments.charge(replace(order, amount_minor=1), key)
    assert (caught.value.kind, caught.value.stops_stage) == ("idempotency", False)


async def test_a_wrong_key_stops_the_stage(payments: StripePayments, sandbox: Sandbox) -> None:
    stranger = stripe_of(sandbox, key="sk_test_of_somebody_else")
    with pytest.raises(PaymentMisused) as caught:
        await stranger.charge(await order_by(payments), uuid4().hex)
    await stranger.close()
    assert (caught.value.kind, caught.value.stops_stage) == ("authentication", True)


async def test_an_amount_the_currency_forbids_is_misuse(payments: StripePayments) -> None:
    order = replace(await order_by(payments), amount_minor=12345, currency="KWD")
    with pytest.raises(PaymentMisused) as caught:
        await payments.charge(order, uuid4().hex)
    assert (caught.value.kind, caught.value.param) == ("parameters", "amount")


async def test_a_server_that_is_away_is_unavailable(sandbox: Sandbox) -> None:
    with running_sandbox() as gone:
        payments = stripe_of(gone)
        order = await order_by(payments)
        gone.process.kill()
        gone.process.wait()
        with pytest.raises(PaymentUnavailable) as caught:
            await payments.charge(order, uuid4().hex)
        await payments.close()
    assert caught.value.reason == "connection"


async def test_cancelling_says_whether_it_was_paid_before(payments: StripePayments) -> None:
    result = await payments.charge(await order_by(payments), uuid4().hex)
    assert isinstance(result, Charged)
    assert await payments.cancel(result.payment_id) == "succeeded"


async def test_refunds_go_back_in_parts_once_per_key(payments: StripePayments, sandbox: Sandbox) -> None:
    result = await payments.charge(await order_by(payments), uuid4().hex)
    assert isinstance(result, Charged)
    key = uuid4().hex
    first = await payments.refund(result.payment_id, 1999, key)
    again = await payments.refund(result.payment_id, 1999, key)
    assert first == again
    assert isinstance(first, Refunded)
    too_much = await payments.refund(result.payment_id, 6001, uuid4().hex)
    assert isinstance(too_much, RefundRefused)
    rest = await payments.refund(result.payment_id, None, uuid4().hex)
    assert isinstance(rest, Refunded)
    assert rest.amount_minor == 6000
    nothing_left = await payments.refund(result.payment_id, None, uuid4().hex)
    assert isinstance(nothing_left, RefundRefused)
    assert nothing_left.code == "charge_already_refunded"
    booked = sandbox.ledger()["refunds"]
    amounts = [each["amount"] for each in booked if each["payment_intent"] == result.payment_id]
    assert amounts == [1999, 6000]


async def open_link(payments: StripePayments, order_number: str) -> PayLink:
    bill = Bill(
        order_id=str(uuid4()),
        order_number=order_number,
        amount_minor=7999,
        currency="USD",
        product_name="Blue Denim Jacket",
        buyer="@ana",
        streamer="@shop",
        comment_id=str(uuid4()),
    )
    return await payments.open_checkout(bill, 1800, f"checkout:{order_number}")


async def test_a_pay_link_is_paid_once_and_its_charge_names_the_order(
    payments: StripePayments, sandbox: Sandbox, browser: httpx.AsyncClient
) -> None:
    number = f"ORD-{uuid4().hex}"
    link = await open_link(payments, number)
    assert timedelta(minutes=30) < link.expires_at - datetime.now(UTC) < timedelta(minutes=37)
    paid = await browser.post(link.url, data={"card": "4242424242424242"})
    assert paid.headers["location"] == f"https://shop.example/thanks?session={link.session_id}"
    booked = [each["amount"] for each in sandbox.ledger()["charges"] if each["order"] == number]
    assert booked == [7999]
    assert await payments.expire_checkout(link.session_id) == "complete"


async def test_a_link_can_be_expired_before_its_time(payments: StripePayments) -> None:
    link = await open_link(payments, f"ORD-{uuid4().hex}")
    assert await payments.expire_checkout(link.session_id) == "expired"
    assert await payments.expire_checkout(link.session_id) == "expired"


@pytest.mark.parametrize("seconds", [0, 1800, 3600, 86_400, 10**6])
def test_a_links_expiry_keeps_stripes_limits_and_is_stable_for_a_while(seconds: int) -> None:
    now = datetime(2026, 11, 22, 22, 1, 0, tzinfo=UTC)
    moment = link_expiry(now, seconds)
    assert timedelta(minutes=30) < moment - now < timedelta(hours=24)
    assert moment - now >= min(timedelta(seconds=seconds), timedelta(hours=23, minutes=50))
    assert link_expiry(now + timedelta(seconds=20), seconds) == moment


async def test_webhooks_of_the_sandbox_are_believed_and_others_are_not(mailbox: Mailbox) -> None:
    with running_sandbox(SANDBOX_WEBHOOK_URL=mailbox.url) as sandbox:
        payments = stripe_of(sandbox)
        result = await payments.charge(await order_by(payments), uuid4().hex)
        assert isinstance(result, Charged)
        told = mailbox.take_event("payment_intent.succeeded")
        signature = told.headers["stripe-signature"]
        event = payments.event(told.body, signature)
        assert event.data.object["id"] == result.payment_id
        forged = stripe_of(sandbox, secret="whsec_of_somebody_else")
        stale = WebhookSignature.generate_signature_header(
            told.body.decode(), sandbox.webhook_secret, int(time.time()) - 301
        )
        refused = [
            (forged, told.body, signature),
            (payments, told.body, stale),
            (payments, told.body[:-20], signature),
            (payments, told.body, ""),
            (payments, told.body, None),
            (payments, told.body, "t=soon,v1=x"),
        ]
        for receiver, body, header in refused:
            with pytest.raises(ForgedWebhook):
                receiver.event(body, header)
        signed_nonsense = b"[1, 2"
        header = WebhookSignature.generate_signature_header(signed_nonsense.decode(), sandbox.webhook_secret)
        with pytest.raises(ForgedWebhook):
            payments.event(signed_nonsense, header)
        await payments.close()
    assert json.loads(told.body)["type"] == "payment_intent.succeeded"
