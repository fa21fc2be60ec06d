"""A charge as it is sent to Stripe. What was sent once is kept, and sent again as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stages.adapters.payment_results import Bill, Charge
from stages.adapters.stripe_amounts import stripe_amount

Parameters = Mapping[str, Any]
"""Parameters of a call: JSON values."""


def charge_parameters(charge: Charge, key: str) -> dict[str, Any]:
    """A payment intent that is confirmed at once, while the card's holder is away. `key` names the attempt in its
    metadata, by which it is found again. Raises PaymentMisused for an amount that Stripe can't charge."""
    return {
        "amount": stripe_amount(charge.amount_minor, charge.currency),
        "currency": charge.currency.lower(),
        "customer": charge.customer,
        "payment_method": charge.payment_method,
        "off_session": True,
        "confirm": True,
        "metadata": {**order_metadata(charge), "attempt": key},
    }


def under_key(parameters: Parameters, key: str) -> dict[str, Any]:
    """The same charge for another attempt."""
    return {**parameters, "metadata": {**parameters["metadata"], "attempt": key}}


def order_metadata(of: Charge | Bill) -> dict[str, str]:
    """What every object at Stripe says about its order. `order_id` is what the shop and its buyers call the order: its
    number."""
    return {
        "order_id": of.order_number,
        "order_uuid": of.order_id,
        "buyer": of.buyer,
        "streamer": of.streamer,
        "comment_id": of.comment_id,
    }
