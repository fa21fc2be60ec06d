"""Payment: charges the saved card of a verified viewer; everybody else gets a pay link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from pipeline.stage import Drop, Emit, Limits, Outcome, Reject, Retry, Stage
from schemas.records import PaidOrder, PlacedOrder
from stages.adapters.database.orders import Card, Orders
from stages.adapters.payments import Charge, Charged, PaymentMisused, PaymentUnavailable, StripePayments
from stages.charging import Charging
from stages.pay_links import open_pay_link
from stages.standstill import Standstill

_log = structlog.get_logger()

_RATE_LIMIT_SECONDS = 2.0
_UNPAYABLE = (
    "amount_too_small",
    "amount_too_large",
    "invalid_charge_amount",
    "invalid_charge_amount_no_decimal_compatible",
)
"""What the provider says of an amount that it will never charge."""


async def pay(
    order: PlacedOrder,
    *,
    orders: Orders,
    charging: Charging,
    payments: StripePayments,
    now: Callable[[], datetime],
    hold_seconds: float,
    standstill: Standstill,
) -> Outcome:
    """Bring the order to `paid` or to a pay link.

    Redelivery finds the order's state, and repeats a call to the provider under the same idempotency key: nothing is
    charged twice. Only a comment of a verified source spends a saved card. While the provider refuses our credentials
    the orders wait, without an attempt being counted.
    """
    due = await orders.to_pay(order.order_id)
    standing = due.order
    if standing.status not in ("placed", "cancelled"):
        return _onward(standing)
    rest = standstill.remaining_seconds()
    if rest > 0:
        return _stopped("the payment provider refuses our credentials", rest)
    try:
        if standing.status == "cancelled":
            return await _settle_cancelled(standing, orders, charging, now)
        card = due.card if order.viewer.verified else None
        outcome = await _bring_on(order, card, orders, charging, payments, now, hold_seconds)
    except PaymentUnavailable as error:
        return _again(order, error)
    except PaymentMisused as error:
        if error.stops_stage:
            return _stopped(str(error), standstill.begin(error))
        return await _give_up(order, error, orders, now)
    standstill.end()
    return outcome


def payment_stage(
    limits: Limits,
    *,
    orders: Orders,
    charging: Charging,
    payments: StripePayments,
    now: Callable[[], datetime],
    hold_seconds: float,
) -> Stage[PlacedOrder]:
    """The stage that gets orders paid."""
    handler = partial(
        pay,
        orders=orders,
        charging=charging,
        payments=payments,
        now=now,
        hold_seconds=hold_seconds,
        standstill=Standstill(now),
    )
    return Stage(name="payment", consumes=PlacedOrder, emits="notify", limits=limits, one=handler)


async def _bring_on(
    order: PlacedOrder,
    card: Card | None,
    orders: Orders,
    charging: Charging,
    payments: StripePayments,
    now: Callable[[], datetime],
    hold_seconds: float,
) -> Outcome:
    result = await charging.charge(_charge_of(order, card)) if card else None
    if isinstance(result, Charged):
        return _onward(await orders.pay(order.order_id, result.payment_id, now()))
    return _onward(await _offer_link(order, orders, payments, hold_seconds))


async def _settle_cancelled(
    order: PaidOrder, orders: Orders, charging: Charging, now: Callable[[], datetime]
) -> Outcome:
    """It may have been cancelled while an attempt was open that has moved the money."""
    made = await charging.look_up(order.order_id)
    return _onward(await orders.pay(order.order_id, made.payment_id, now()) if made else order)


def _charge_of(order: PlacedOrder, card: Card) -> Charge:
    return Charge(
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


async def _offer_link(
    order: PlacedOrder, orders: Orders, payments: StripePayments, hold_seconds: float
) -> PaidOrder:
    link = await open_pay_link(payments, order, hold_seconds, f"checkout:{order.order_id}")
    return await orders.await_payment(order.order_id, link.session_id, link.url)


def _onward(order: PaidOrder) -> Outcome:
    if order.status in ("paid", "awaiting_payment"):
        return Emit(
            order, note={"status": order.status, "order": order.order_number, **order.total.model_dump()}
        )
    return Drop(f"order {order.status}")


def _again(order: PlacedOrder, error: PaymentUnavailable) -> Retry:
    name = type(error).__name__
    if error.reason == "rate_limit":
        # Nothing went wrong with this order. Spread, so that those who were refused together don't come together.
        spread = order.order_id.int % 1000 / 1000
        after = max(error.retry_after or 0.0, _RATE_LIMIT_SECONDS) * (1 + spread)
        return Retry(str(error), after=after, error=name, counts=False)
    return Retry(str(error), after=error.retry_after, error=name)


def _stopped(reason: str, seconds: float) -> Retry:
    return Retry(reason, after=seconds, error=PaymentMisused.__name__, counts=False)


async def _give_up(
    order: PlacedOrder, error: PaymentMisused, orders: Orders, now: Callable[[], datetime]
) -> Reject:
    said = f"{order.order_number} ({order.total}) can't be charged: {error}"
    if error.kind == "idempotency":
        _log.error("an idempotency key was used with other parameters: a bug", order=order.order_number)
    if error.code in _UNPAYABLE:
        # No redrive mends the amount of an order: its pieces are for somebody else, and its buyer is told.
        await orders.cancel(order.order_id, "host", now())
        said = f"{said} The order is cancelled: set a price that can be charged."
    return Reject(said, error=PaymentMisused.__name__)
