"""Refunds: written down first, made once, booked on order, commission, stock and buyer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from schemas.money import Money
from schemas.records import PlacedOrder
from stages.adapters.database.order_results import NoSuchOrder
from stages.adapters.database.refunds import NothingPaid, Refund, RestockInPart, TooMuch
from stages.adapters.payments import PaymentMisused
from stages.refund_results import Waiting
from tests.contract.unpaid_orders import place, stripe_of
from tests.contract.webhook_door import WebhookDoor
from tests.fixtures_sandbox import Sandbox

REFUNDS = "/v1/refunds"


async def sold(door: WebhookDoor, total: Money | None = None, test_card: str = "pm_card_visa") -> PlacedOrder:
    """An order that is paid."""
    card = await door.payments.customer_with_card("emma", test_card, uuid4().hex)
    order = await place(door.database, card, total=total)
    await door.pay(order)
    assert (await door.order(order))["status"] == "paid"
    return order


async def refunded(door: WebhookDoor, order: PlacedOrder) -> list[int]:
    """What the provider gave back for an order."""
    payment = (await door.order(order))["payment_id"]
    return [each["amount"] for each in door.sandbox.ledger()["refunds"] if each["payment_intent"] == payment]


async def test_a_refund_in_full_ends_the_order_and_its_commission(door: WebhookDoor) -> None:
    order = await sold(door)
    done = await door.refunding.refund(order.order_number, None, "too small", "k")
    assert isinstance(done, Refund)
    assert (done.status, done.amount) == ("done", Money(amount_minor=7999, currency="USD"))
    row = await door.order(order)
    assert (row["status"], row["refunded_minor"]) == ("refunded", 7999)
    assert await door.commission(order) == 0
    assert await door.outbox(order) == [("notify", "refunded")]
    assert await refunded(door, order) == [7999]


async def test_a_refund_in_part_leaves_the_order_paid(door: WebhookDoor) -> None:
    order = await sold(door)
    for key, amount in (("a", 1999), ("b", 1)):
        await door.refunding.refund(order.order_number, amount, "a stain", key)
    row = await door.order(order)
    assert (row["status"], row["refunded_minor"]) == ("paid", 2000)
    assert await door.commission(order) == 600  # a tenth of 59.99
    assert await door.outbox(order) == [("notify", "refunded")] * 2
    [(causes,)] = await door.rows(
        "select count(distinct cause) from commissions where order_id = $1 and kind = 'corrected'",
        order.order_id,
    )
    assert causes == 2


async def test_the_same_key_gives_back_once(door: WebhookDoor) -> None:
    order = await sold(door)
    first = await door.refunding.refund(order.order_number, 500, "a stain", "k")
    assert await door.refunding.refund(order.order_number, 500, "a stain", "k") == first
    assert await refunded(door, order) == [500]


async def test_more_than_is_left_is_refused_before_anybody_is_asked(door: WebhookDoor) -> None:
    order = await sold(door)
    await door.refunding.refund(order.order_number, 7000, "a stain", "a")
    left = Money(amount_minor=999, currency="USD")
    assert await door.refunding.refund(order.order_number, 1000, "more", "b") == TooMuch(left)
    assert await door.refunding.refund(order.order_number, 0, "nothing", "c") == TooMuch(left)
    assert await door.refunding.refund(order.order_number, 1, "r", "d", restock=True) == RestockInPart(left)
    assert await refunded(door, order) == [7000]


async def test_an_unpaid_or_unknown_order_has_nothing_to_give_back(door: WebhookDoor) -> None:
    order = await place(door.database)
    assert await door.refunding.refund(order.order_number, None, "r", "k") == NothingPaid("placed")
    with pytest.raises(NoSuchOrder):
        await door.refunding.refund("ORD-20200101-00001", None, "r", "k")


async def test_restocked_pieces_are_back_on_the_shelf(door: WebhookDoor) -> None:
    order = await sold(door)
    await door.refunding.refund(order.order_number, None, "came back", "k", restock=True)
    assert await door.rows("select stock from products where streamer = $1", order.streamer) == [(1,)]


@pytest.mark.parametrize(
    "fault", ["timeout_after_success", "connection_reset", "rate_limit", "unavailable", "conflict"]
)
async def test_a_refund_whose_answer_was_lost_is_resumed_and_made_once(
    door: WebhookDoor, sandbox: Sandbox, fault: str
) -> None:
    order = await sold(door)
    sandbox.arm("stripe", fault, path_prefix=REFUNDS)
    hasty = stripe_of(sandbox, timeout_seconds=1.0)
    lost = WebhookDoor(door.database, sandbox, hasty)
    waiting = await lost.refunding.refund(order.order_number, 1250, "a stain", "k")
    assert isinstance(waiting, Waiting)
    await lost.close()
    await hasty.close()
    assert (await door.order(order))["refunded_minor"] == 0
    await door.refunding.resume()  # at once: somebody may be at it
    assert (await door.order(order))["refunded_minor"] == 0
    door.ahead = timedelta(minutes=1)
    await door.refunding.resume()
    await door.refunding.resume()
    assert (await door.order(order))["refunded_minor"] == 1250
    assert await refunded(door, order) == [1250]


@pytest.mark.parametrize("fault", ["server_error", "server_error_after_success"])
async def test_a_refund_whose_key_remembers_a_500_is_made_once(
    door: WebhookDoor, sandbox: Sandbox, fault: str
) -> None:
    order = await sold(door)
    sandbox.arm("stripe", fault, path_prefix=REFUNDS)
    for _ in range(2):
        await door.refunding.refund(order.order_number, None, "a stain", "k")
    assert (await door.order(order))["status"] == "refunded"
    assert await refunded(door, order) == [7999]


async def test_a_crash_after_the_provider_answered_is_caught_up_with_by_its_event(door: WebhookDoor) -> None:
    order = await sold(door)
    wanted = await door.refunds.want(
        order.order_number, 800, "a stain", "k", restock=False, now=datetime.now(UTC)
    )
    assert isinstance(wanted, Refund)
    metadata = {"refund_id": str(wanted.id)}
    await door.payments.refund(wanted.payment_id, 800, f"refund:{wanted.id}", metadata)
    await door.post(await door.told("refund.created", payment_intent=wanted.payment_id))
    assert (await door.order(order))["refunded_minor"] == 800
    door.ahead = timedelta(minutes=1)
    await door.refunding.resume()
    assert await refunded(door, order) == [800]


async def test_a_refund_that_the_provider_refuses_says_why_and_moves_nothing(door: WebhookDoor) -> None:
    order = await sold(door, test_card="pm_card_createDispute")
    refused = await door.refunding.refund(order.order_number, None, "asked", "k")
    assert isinstance(refused, Refund)
    assert refused.status == "refused"
    assert "charged back" in (refused.error or "")
    assert (await door.order(order))["refunded_minor"] == 0
    assert await door.commission(order) == 800
    assert await door.outbox(order) == []


async def test_an_amount_that_the_provider_can_not_move_is_not_written_down(door: WebhookDoor) -> None:
    order = await sold(door, Money(amount_minor=12_340, currency="KWD"))
    with pytest.raises(PaymentMisused, match="too fine"):
        await door.refunding.refund(order.order_number, 1_234, "a stain", "k")
    assert await door.rows("select 1 from refunds where order_id = $1", order.order_id) == []
    await door.refunding.refund(order.order_number, 1_230, "a stain", "k")
    assert await refunded(door, order) == [1_230]
    assert await door.commission(order) == 1_111
