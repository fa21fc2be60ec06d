"""The pay link of an order."""

from __future__ import annotations

from schemas.records import PlacedOrder
from stages.adapters.payments import Bill, PayLink, StripePayments


async def open_pay_link(
    payments: StripePayments, order: PlacedOrder, hold_seconds: float, idempotency_key: str
) -> PayLink:
    """A page where the buyer pays this order once, open for as long as it is held. Raises what open_checkout raises."""
    bill = Bill(
        order_id=str(order.order_id),
        order_number=order.order_number,
        amount_minor=order.total.amount_minor,
        currency=order.total.currency,
        product_name=order.product_name,
        buyer=order.viewer.client,
        streamer=order.streamer,
        comment_id=str(order.comment_id),
    )
    return await payments.open_checkout(bill, hold_seconds, idempotency_key)
