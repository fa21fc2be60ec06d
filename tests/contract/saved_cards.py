"""Buyers with test cards at the Stripe sandbox, for the tests that charge them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from stripe import StripeClient

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams


async def saved(client: StripeClient, token: str) -> tuple[str, str]:
    """A new customer with this test card: their ids."""
    customer = await client.v1.customers.create_async({"email": f"{uuid4().hex}@example.com"})
    card = await client.v1.payment_methods.attach_async(token, {"customer": customer.id})
    return customer.id, card.id


def payment(customer: str, card: str, order: str = "ORD-1") -> PaymentIntentCreateParams:
    """An off-session charge of 79.99 USD."""
    return {
        "amount": 7999,
        "currency": "usd",
        "customer": customer,
        "payment_method": card,
        "off_session": True,
        "confirm": True,
        "metadata": {"order_id": order},
    }
