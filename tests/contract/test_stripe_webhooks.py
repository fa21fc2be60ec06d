"""Events of the payment provider: forged ones are refused; doubled, late and reordered ones are harmless."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from stripe import WebhookSignature

from schemas.records import PlacedOrder
from stages.payment_events import ACTED_ON
from tests.contract.webhook_door import WebhookDoor, carded, linked


async def cancel(door: WebhookDoor, order: PlacedOrder) -> None:
    assert await door.orders.cancel(order.order_id, "buyer", door.now())


async def test_a_paid_link_moves_its_order_and_tells_the_buyer(door: WebhookDoor) -> None:
    order = await linked(door)
    event = await door.pay_link(order)
    assert await door.post(event) == {"ok": True, "moved": True}
    assert (await door.order(order))["status"] == "paid"
    assert await door.outbox(order) == [("notify", "paid")]
    assert await door.commission(order) == 800


async def test_a_replayed_event_does_nothing_more(door: WebhookDoor) -> None:
    order = await linked(door)
    event = await door.pay_link(order)
    await door.post(event)
    for _ in range(3):
        assert await door.post(event) == {"ok": True, "moved": False}
    assert await door.outbox(order) == [("notify", "paid")]
    assert await door.commission(order) == 800


async def test_the_same_payment_told_by_another_event_does_nothing_more(door: WebhookDoor) -> None:
    order = await linked(door)
    await door.post(await door.pay_link(order))
    payment = (await door.order(order))["payment_id"]
    await door.post(await door.told("payment_intent.succeeded", id=payment))
    assert await door.outbox(order) == [("notify", "paid")]
    assert await door.commission(order) == 800
    assert await door.rows("select 1 from refunds where order_id = $1", order.order_id) == []


async def test_forged_stale_and_truncated_events_are_refused(door: WebhookDoor) -> None:
    order = await linked(door)
    body = json.dumps(await door.pay_link(order)).encode()
    refused = [
        await door.post_raw(body, secret="whsec_of_somebody_else"),
        await door.post_raw(body, age_seconds=301),
        await door.post_raw(body, header=""),
        await door.post_raw(body, header="t=soon,v1=x"),
        await door.post_raw(b"{"),
        await door.post_raw(b""),
    ]
    signed = door.sandbox.webhook_secret
    truncated = await door.post_raw(body[:-20], header=signature(body, signed))
    altered = await door.post_raw(body.replace(b"7999", b"1"), header=signature(body, signed))
    assert {answer.status_code for answer in (*refused, truncated, altered)} == {400}
    assert (await door.order(order))["status"] == "awaiting_payment"
    assert (await door.post_raw(body, age_seconds=290)).json() == {"ok": True, "moved": True}


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b'"evt_1"',
        b"{}",
        b'{"id": "evt_1", "object": "event", "type": "refund.updated"}',
        b'{"id": "evt_1", "object": "event", "type": "refund.updated", "data": null}',
        b'{"id": "evt_1", "object": "event", "type": "refund.updated", "data": {"object": "re_1"}}',
        b'{"id": 1, "object": "event", "type": "refund.updated", "data": {"object": {}}}',
        *(
            b'{"id": "evt_1", "object": "event", "type": "%s", "data": {"object": {}}}' % kind.encode()
            for kind in ACTED_ON
        ),
    ],
)
async def test_what_is_signed_and_is_no_event_is_refused_in_words(door: WebhookDoor, body: bytes) -> None:
    answer = await door.post_raw(body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("This webhook is refused: ")


def signature(body: bytes, secret: str) -> str:
    return str(WebhookSignature.generate_signature_header(body.decode(), secret))


async def test_an_event_of_somebody_elses_order_is_taken_and_ignored(door: WebhookDoor) -> None:
    event = await door.pay_link(await linked(door))
    session = event["data"]["object"]
    session.update(id="cs_of_another_shop", metadata={})
    assert await door.post({**event, "id": "evt_" + uuid4().hex}) == {"ok": True, "moved": False}
    session["metadata"] = {"order_uuid": str(uuid4())}
    assert await door.post({**event, "id": "evt_" + uuid4().hex}) == {"ok": True, "moved": False}


async def test_a_completed_session_whose_money_is_still_on_its_way_waits_for_it(door: WebhookDoor) -> None:
    order = await linked(door)
    event = await door.pay_link(order)
    unpaid = json.loads(json.dumps(event))
    unpaid["id"] = "evt_" + uuid4().hex
    unpaid["data"]["object"]["payment_status"] = "unpaid"
    assert await door.post(unpaid) == {"ok": True, "moved": False}
    assert (await door.order(order))["status"] == "awaiting_payment"
    arrived = {**event, "type": "checkout.session.async_payment_succeeded"}
    assert await door.post(arrived) == {"ok": True, "moved": True}
    assert (await door.order(order))["status"] == "paid"


async def test_a_link_that_ends_within_the_hold_is_replaced_and_the_buyer_told(door: WebhookDoor) -> None:
    order = await linked(door)
    first = await door.order(order)
    await door.payments.expire_checkout(first["checkout_session"])
    event = await door.told("checkout.session.expired", id=first["checkout_session"])
    assert await door.post(event) == {"ok": True, "moved": True}
    assert await door.post(event) == {"ok": True, "moved": False}
    second = await door.order(order)
    assert second["status"] == "awaiting_payment"
    assert second["payment_url"] != first["payment_url"]
    assert await door.outbox(order) == [("notify", "payment_failed")]
    [(url,)] = await door.rows(
        "select record ->> 'payment_url' from outbox where comment_id = $1", order.comment_id
    )
    assert url == second["payment_url"]
    await door.post(await door.pay_link(order))
    assert (await door.order(order))["status"] == "paid"


async def test_a_failed_payment_days_later_brings_a_new_link_too(door: WebhookDoor) -> None:
    order = await linked(door)
    event = await door.pay_link(order)
    failed = {**event, "id": "evt_" + uuid4().hex, "type": "checkout.session.async_payment_failed"}
    assert await door.post(failed) == {"ok": True, "moved": True}
    assert await door.outbox(order) == [("notify", "payment_failed")]


async def test_a_link_that_ends_with_its_hold_is_left_to_the_keeper(door: WebhookDoor) -> None:
    order = await linked(door)
    row = await door.order(order)
    await door.payments.expire_checkout(row["checkout_session"])
    door.ahead = timedelta(minutes=31)
    event = await door.told("checkout.session.expired", id=row["checkout_session"])
    assert await door.post(event) == {"ok": True, "moved": False}
    assert await door.outbox(order) == []


async def test_an_expiry_that_is_told_after_the_payment_is_harmless(door: WebhookDoor) -> None:
    order = await linked(door)
    paid = await door.pay_link(order)
    await door.post(paid)
    late = {**paid, "id": "evt_" + uuid4().hex, "type": "checkout.session.expired"}
    assert await door.post(late) == {"ok": True, "moved": False}
    assert (await door.order(order))["status"] == "paid"


async def test_a_payment_that_beats_the_cancellation_revives_the_order(door: WebhookDoor) -> None:
    order = await linked(door)
    event = await door.pay_link(order)
    await cancel(door, order)  # its piece is back on the shelf
    assert await door.post(event) == {"ok": True, "moved": True}
    row = await door.order(order)
    assert (row["status"], row["cancelled_for"]) == ("paid", None)
    assert await door.rows("select stock from products where streamer = $1", order.streamer) == [(0,)]


async def test_a_payment_for_what_is_gone_meanwhile_goes_back_in_full(door: WebhookDoor) -> None:
    order = await linked(door)
    event = await door.pay_link(order)
    await cancel(door, order)
    await door.rows("update products set stock = 0 where streamer = $1 returning 1", order.streamer)
    await door.post(event)
    await door.post({**event, "id": "evt_" + uuid4().hex})
    assert (await door.order(order))["status"] == "cancelled"
    await carry_out(door)
    row = await door.order(order)
    assert (row["status"], row["refunded_minor"]) == ("refunded", 7999)
    assert refunded(door, row["payment_id"]) == [7999]
    assert (await door.outbox(order))[-1] == ("notify", "refunded")
    assert await door.commission(order) == 0


async def carry_out(door: WebhookDoor) -> None:
    """What the keeper of refunds does, some time later."""
    ahead, door.ahead = door.ahead, timedelta(minutes=1)
    await door.refunding.resume()
    door.ahead = ahead


def refunded(door: WebhookDoor, payment: str) -> list[int]:
    booked = door.sandbox.ledger()["refunds"]
    return [each["amount"] for each in booked if each["payment_intent"] == payment]


async def test_a_second_payment_of_one_order_goes_back(door: WebhookDoor) -> None:
    order = await linked(door)
    first = await door.pay_link(order)
    await door.post(first)
    twice = json.loads(json.dumps(first))
    other = await carded(door)
    payment = (await door.order(other))["payment_id"]
    twice["id"] = "evt_" + uuid4().hex
    twice["data"]["object"]["payment_intent"] = payment
    await door.post(twice)
    await carry_out(door)
    row = await door.order(order)
    assert (row["status"], row["refunded_minor"]) == ("paid", 0)
    assert refunded(door, payment) == [7999]
    assert await door.commission(order) == 800


async def test_while_the_stage_is_at_a_charge_its_event_tells_nobody(door: WebhookDoor) -> None:
    order = await carded(door)
    payment = (await door.order(order))["payment_id"]
    event = await door.told("payment_intent.succeeded", id=payment)
    await door.rows("update orders set status = 'placed', payment_id = null where id = $1", order.order_id)
    assert await door.post(event) == {"ok": True, "moved": True}
    assert (await door.order(order))["status"] == "paid"
    assert await door.outbox(order) == []


async def test_an_event_that_is_faster_than_the_stage_leaves_the_booking_to_it(door: WebhookDoor) -> None:
    order = await carded(door)
    payment = (await door.order(order))["payment_id"]
    event = await door.told("payment_intent.succeeded", id=payment)
    await door.rows("update orders set status = 'placed', payment_id = null where id = $1", order.order_id)
    booked: list[str] = []

    async def book() -> None:
        await door.pay(order)
        booked.append((await door.order(order))["payment_id"])

    door.meanwhile.append(book)
    assert await door.post(event) == {"ok": True, "moved": True}
    assert booked == [payment]
    assert await door.outbox(order) == []
    assert await door.post(event) == {"ok": True, "moved": False}


async def test_a_charge_that_the_stage_has_given_up_is_booked_and_told_by_its_event(
    door: WebhookDoor,
) -> None:
    order = await carded(door)
    payment = (await door.order(order))["payment_id"]
    event = await door.told("payment_intent.succeeded", id=payment)
    await door.rows("update orders set status = 'placed', payment_id = null where id = $1", order.order_id)
    door.ahead = timedelta(hours=1)
    await door.post(event)
    assert await door.outbox(order) == [("notify", "paid")]


async def test_a_refusal_that_the_stage_has_given_up_goes_back_to_it(door: WebhookDoor) -> None:
    order = await carded(door, "pm_card_chargeCustomerFail")
    [(key,)] = await door.rows(
        "update payment_attempts set status = 'open' where order_id = $1 returning key", order.order_id
    )
    await door.rows("update orders set status = 'placed' where id = $1", order.order_id)
    failed = await failure_of(door, order)
    assert failed["data"]["object"]["metadata"]["attempt"] == key
    assert await door.post(failed) == {"ok": True, "moved": False}  # the stage may be at it
    door.ahead = timedelta(hours=1)
    assert await door.post({**failed, "id": "evt_" + uuid4().hex}) == {"ok": True, "moved": True}
    assert await door.outbox(order) == [("payment", "placed")]


async def failure_of(door: WebhookDoor, order: PlacedOrder) -> dict[str, Any]:
    declines = door.sandbox.ledger()["declines"]
    [decline] = [each for each in declines if each["order"] == order.order_number]
    return await door.told("payment_intent.payment_failed", id=decline["payment_intent"])


async def test_what_can_not_be_kept_is_to_be_sent_again(door: WebhookDoor) -> None:
    order = await linked(door)
    row = await door.order(order)
    await door.payments.expire_checkout(row["checkout_session"])
    event = await door.told("checkout.session.expired", id=row["checkout_session"])
    door.sandbox.arm("stripe", "unavailable", path_prefix="/v1/checkout")
    assert (await door.post_raw(json.dumps(event).encode())).status_code == 503
    assert await door.post(event) == {"ok": True, "moved": True}
