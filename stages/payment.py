"""Payment: charges the saved card of a verified viewer; everybody else gets a pay link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import assert_never

import structlog

from pipeline.stage import Drop, Emit, Limits, Outcome, Retry, Stage
from schemas.records import PaidOrder, PlacedOrder
from stages.adapters.database.orders import Card, Orders, age_seconds
from stages.adapters.payments import (
    AuthenticationRequired,
    Charge,
    Charged,
    ChargeResult,
    Declined,
    PaymentUnavailable,
    StripePayments,
)

_log = structlog.get_logger()

_KEYS = 5  # idempotency keys that one charge may use up; each new one takes a server error of its own
_REMEMBERED_SECONDS = 23 * 3600.0  # Stripe keeps idempotency keys for a day at least


async def pay(
    order: PlacedOrder,
    *,
    orders: Orders,
    payments: StripePayments,
    now: Callable[[], datetime],
    hold_seconds: int,
) -> Outcome:
    """Bring the order to `paid` or to a pay link.

    Redelivery finds the order's state, and repeats a call to the provider under the same idempotency key: nothing is
    charged twice. Only a comment of a verified source spends a saved card.
    """
    standing = await orders.find(order.order_id)
    if standing.status in ("paid", "awaiting_payment"):
        return _onward(standing)
    if standing.status != "placed":
        return Drop(f"order {standing.status}")
    card = await orders.card(order.order_id) if order.viewer.verified else None
    try:
        paid = await _charge(order, card, orders, payments, now) if card else None
        return _onward(paid or await _offer_link(order, orders, payments, hold_seconds))
    except PaymentUnavailable as error:
        return Retry(str(error), after=error.retry_after, error=type(error).__name__)


def payment_stage(
    limits: Limits,
    *,
    orders: Orders,
    payments: StripePayments,
    now: Callable[[], datetime],
    hold_seconds: int,
) -> Stage[PlacedOrder]:
    """The stage that gets orders paid."""
    handler = partial(pay, orders=orders, payments=payments, now=now, hold_seconds=hold_seconds)
    return Stage(name="payment", consumes=PlacedOrder, emits="notify", limits=limits, one=handler)


async def _charge(
    order: PlacedOrder, card: Card, orders: Orders, payments: StripePayments, now: Callable[[], datetime]
) -> PaidOrder | None:
    """The paid order, or None where the card can't be charged without its holder."""
    charge = Charge(
        order_id=str(order.order_id),
        order_number=order.order_number,
        amount_minor=order.total.amount_minor,
        currency=order.total.currency,
        customer=card.customer,
        payment_method=card.payment_method,
        buyer=order.viewer.client,
        streamer=order.streamer,
        comment_id=str(order.comment_id),
    )
    may_be_forgotten = age_seconds(order.seq, now()) > _REMEMBERED_SECONDS
    result = await attempt(charge, payments, f"charge:{order.order_id}", may_be_forgotten=may_be_forgotten)
    match result:
        case Charged(payment_id=payment_id):
            return await orders.pay(order.order_id, payment_id, now())
        case Declined(code=code, payment_id=payment_id):
            _log.info("card declined", order=order.order_number, code=code)
        case AuthenticationRequired(payment_id=payment_id):
            _log.info("card needs its holder", order=order.order_number)
        case _:
            assert_never(result)
    # Only one payable object may exist: the intent goes before the link comes.
    if payment_id and await payments.cancel(payment_id) == "succeeded":
        return await orders.pay(order.order_id, payment_id, now())
    return None


async def attempt(
    charge: Charge, payments: StripePayments, key: str, *, may_be_forgotten: bool = False
) -> ChargeResult:
    """What became of the charge under `key`, or under one of the keys that follow it.

    The provider repeats a server error under its key for a day, whether the money moved or not; so after one the
    payments that stand are looked through. Where there is none, and the error came from the provider's memory, so
    that nothing is under way under this key any more, the next key is taken: without it the order could not be paid
    before tomorrow. Where the provider may have forgotten its keys (after a day), the payments that stand are looked
    through before anything is charged. Raises PaymentUnavailable while it is open.
    """
    for number in range(1, _KEYS + 1):
        this = key if number == 1 else f"{key}:{number}"
        try:
            standing = await payments.find(charge, this) if may_be_forgotten else None
            return standing or await payments.charge(charge, this)
        except PaymentUnavailable as error:
            found = await payments.find(charge, this) if error.reason == "server_error" else None
            if found is not None:
                return found
            if number == _KEYS or not error.replayed:
                raise
    raise AssertionError("the last key's attempt returns or raises")


async def _offer_link(
    order: PlacedOrder, orders: Orders, payments: StripePayments, hold_seconds: int
) -> PaidOrder:
    link = await payments.open_checkout(
        order_id=str(order.order_id),
        order_number=order.order_number,
        amount_minor=order.total.amount_minor,
        currency=order.total.currency,
        product_name=order.product_name,
        buyer=order.viewer.client,
        streamer=order.streamer,
        comment_id=str(order.comment_id),
        expires_in_seconds=hold_seconds,
        idempotency_key=f"checkout:{order.order_id}",
    )
    return await orders.await_payment(order.order_id, link.session_id, link.url)


def _onward(order: PaidOrder) -> Outcome:
    return Emit(order, note={"status": order.status})
