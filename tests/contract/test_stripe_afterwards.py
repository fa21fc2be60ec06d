"""What the Stripe sandbox does with money that was paid: disputes, refunds that change later, transfers."""

from __future__ import annotations

from uuid import uuid4

import pytest
import stripe
from stripe import StripeClient

from tests.contract.saved_cards import payment, saved
from tests.fixtures_sandbox import Mailbox, running_sandbox, stripe_sdk


async def paid_with(client: StripeClient, token: str) -> stripe.PaymentIntent:
    return await client.v1.payment_intents.create_async(payment(*await saved(client, token)))


async def connected(client: StripeClient) -> str:
    account = await client.v1.accounts.create_async(
        {"type": "express", "country": "US", "capabilities": {"transfers": {"requested": True}}}
    )
    return account.id


@pytest.mark.parametrize(("evidence", "verdict"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
async def test_submitted_evidence_decides_a_test_dispute(
    stripe_client: StripeClient, evidence: str, verdict: str
) -> None:
    intent = await paid_with(stripe_client, "pm_card_createDispute")
    [dispute] = (await stripe_client.v1.disputes.list_async({"payment_intent": intent.id})).data
    assert (dispute.status, dispute.amount) == ("needs_response", 7999)
    with pytest.raises(stripe.InvalidRequestError) as charged_back:
        await stripe_client.v1.refunds.create_async({"payment_intent": intent.id})
    assert charged_back.value.code == "charge_disputed"
    closed = await stripe_client.v1.disputes.update_async(
        dispute.id, {"evidence": {"uncategorized_text": evidence}, "submit": True}
    )
    assert closed.status == verdict
    with pytest.raises(stripe.InvalidRequestError) as over:
        await stripe_client.v1.disputes.close_async(dispute.id)
    assert over.value.code == "dispute_already_closed"


async def test_a_dispute_that_is_given_up_is_lost_and_told(mailbox: Mailbox) -> None:
    with running_sandbox(SANDBOX_WEBHOOK_URL=mailbox.url) as sandbox:
        async with stripe_sdk(sandbox) as client:
            intent = await paid_with(client, "pm_card_createDispute")
            mailbox.take_event("charge.dispute.created")
            [dispute] = (await client.v1.disputes.list_async({"payment_intent": intent.id})).data
            assert (await client.v1.disputes.close_async(dispute.id)).status == "lost"
        mailbox.take_event("charge.dispute.closed")
        [booked] = sandbox.ledger()["disputes"]
        assert (booked["status"], booked["payment_intent"]) == ("lost", intent.id)


@pytest.mark.parametrize(
    ("token", "first", "then", "event"),
    [
        ("pm_card_pendingRefund", "pending", "succeeded", "refund.updated"),
        ("pm_card_refundFail", "succeeded", "failed", "refund.failed"),
    ],
)
async def test_a_refund_may_change_later(
    mailbox: Mailbox, token: str, first: str, then: str, event: str
) -> None:
    with running_sandbox(SANDBOX_WEBHOOK_URL=mailbox.url) as sandbox:
        async with stripe_sdk(sandbox) as client:
            intent = await paid_with(client, token)
            refund = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 1999})
            assert refund.status == first
            sandbox.advance(61)
            mailbox.take_event(event)
            assert (await client.v1.refunds.retrieve_async(refund.id)).status == then
            charge = await client.v1.charges.retrieve_async(str(intent.latest_charge))
            assert charge.amount_refunded == (1999 if then == "succeeded" else 0)


async def test_a_transfer_moves_what_is_there_once_for_each_key(stripe_client: StripeClient) -> None:
    await paid_with(stripe_client, "pm_card_visa")
    account, key = await connected(stripe_client), uuid4().hex
    for _ in range(2):
        transfer = await stripe_client.v1.transfers.create_async(
            {"amount": 800, "currency": "usd", "destination": account, "transfer_group": "ORD-1"},
            {"idempotency_key": key},
        )
    assert (transfer.amount, transfer.destination) == (800, account)
    found = await stripe_client.v1.transfers.list_async({"destination": account})
    assert [each.id for each in found.data] == [transfer.id]


async def test_a_transfer_is_refused_without_an_able_account_or_enough_money(
    stripe_client: StripeClient,
) -> None:
    unable = await stripe_client.v1.accounts.create_async({"type": "express"})
    able = await connected(stripe_client)
    for destination, amount, code in (
        ("acct_nobody", 1, "resource_missing"),
        (unable.id, 1, "insufficient_capabilities_for_transfer"),
        (able, 10**10, "balance_insufficient"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await stripe_client.v1.transfers.create_async(
                {"amount": amount, "currency": "usd", "destination": destination}
            )
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("currency", "amount", "code"),
    [
        ("kwd", 12_345, "invalid_charge_amount"),
        ("isk", 4_010, "invalid_charge_amount_no_decimal_compatible"),
        ("ugx", 4_010, "invalid_charge_amount_no_decimal_compatible"),
    ],
)
async def test_an_amount_that_is_too_fine_for_its_currency_is_refused(
    stripe_client: StripeClient, currency: str, amount: int, code: str
) -> None:
    customer, card = await saved(stripe_client, "pm_card_visa")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await stripe_client.v1.payment_intents.create_async(
            {**payment(customer, card), "currency": currency, "amount": amount}
        )
    assert refused.value.code == code
