"""Events about money that was paid: refunds and disputes, whoever began them, in whatever order they are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from stages.adapters.database import Database
from tests.contract.unpaid_orders import stripe_of
from tests.contract.webhook_door import WebhookDoor, carded, linked
from tests.fixtures_sandbox import Sandbox


async def test_a_refund_in_the_dashboard_is_booked_once(door: WebhookDoor) -> None:
    order = await carded(door)
    payment = (await door.order(order))["payment_id"]
    await door.payments.refund(payment, 1999, uuid4().hex)
    await door.post(await door.told("charge.refunded", payment_intent=payment))
    await door.post(await door.told("refund.created", payment_intent=payment))
    row = await door.order(order)
    assert (row["status"], row["refunded_minor"]) == ("paid", 1999)
    assert await door.commission(order) == 600
    assert await door.outbox(order) == [("notify", "refunded")]


async def test_a_refund_that_is_told_before_its_payment_is_booked_with_it(door: WebhookDoor) -> None:
    order = await linked(door)
    completed = await door.pay_link(order)
    payment = completed["data"]["object"]["payment_intent"]
    await door.payments.refund(payment, None, uuid4().hex)
    await door.post(await door.told("charge.refunded", payment_intent=payment))
    await door.post(completed)
    row = await door.order(order)
    assert (row["status"], row["refunded_minor"]) == ("refunded", 7999)
    assert await door.commission(order) == 0


async def test_a_refund_that_fails_after_all_is_taken_back(database: Database, own_sandbox: Sandbox) -> None:
    payments = stripe_of(own_sandbox)
    door = WebhookDoor(database, own_sandbox, payments)
    order = await carded(door, "pm_card_refundFail")
    payment = (await door.order(order))["payment_id"]
    await door.refunding.refund(order.order_number, None, "asked", "k1")
    assert (await door.order(order))["status"] == "refunded"
    own_sandbox.advance(61)
    event = await eventually(door, "refund.failed", payment)
    await door.post(event)
    await door.post({**event, "id": "evt_" + uuid4().hex})
    row = await door.order(order)
    assert (row["status"], row["refunded_minor"]) == ("paid", 0)
    assert await door.commission(order) == 800
    assert await door.rows("select status from refunds where order_id = $1", order.order_id) == [("refused",)]
    await door.close()
    await payments.close()


async def eventually(door: WebhookDoor, kind: str, payment: str) -> dict[str, Any]:
    """The sandbox's timetable runs on its own: the event comes a moment later."""
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while not (found := await door.events(kind, payment_intent=payment)):
        assert datetime.now(UTC) < deadline, f"no {kind} came"
    return found[0]


@pytest.mark.parametrize(
    ("evidence", "status", "commission", "is_disputed"),
    [("winning_evidence", "paid", 800, False), ("losing_evidence", "refunded", 0, True)],
)
async def test_a_dispute_that_is_lost_counts_as_a_refund(
    door: WebhookDoor, evidence: str, status: str, commission: int, is_disputed: bool
) -> None:
    order = await carded(door, "pm_card_createDispute")
    payment = (await door.order(order))["payment_id"]
    opened = await door.told("charge.dispute.created", payment_intent=payment)
    await door.post(opened)
    assert (await door.order(order))["disputed_at"] is not None
    assert (await door.order(order))["status"] == "paid"
    await door.payments.account.client.v1.disputes.update_async(
        opened["data"]["object"]["id"], {"evidence": {"uncategorized_text": evidence}, "submit": True}
    )
    closed = await door.told("charge.dispute.closed", payment_intent=payment)
    await door.post(closed)
    # Told again, and the opening once more: late news of a dispute that is closed.
    for event in (closed, opened):
        await door.post({**event, "id": "evt_" + uuid4().hex})
    row = await door.order(order)
    assert (row["status"], row["disputed_at"] is not None) == (status, is_disputed)
    assert await door.commission(order) == commission
