"""What stands at Stripe: payments, refunds and disputes, read anew whatever was told before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import stripe

from stages.adapters.stripe_account import StripeAccount
from stages.adapters.stripe_amounts import shop_amount

RefundFate = Literal["gone", "failed"]
"""Whether the money went back (or is on its way), or did not after all."""

DisputeFate = Literal["open", "won", "lost"]

_LOST = "lost"
_WON = ("won", "warning_closed", "prevented")
_FAILED = ("failed", "canceled")


@dataclass(frozen=True, slots=True)
class PaymentState:
    """A payment: whether it was made, and the order that it names."""

    id: str
    is_paid: bool
    order_id: UUID | None


@dataclass(frozen=True, slots=True)
class RefundState:
    """A refund, in the shop's minor units; `ours` is our id of it, where we asked for it."""

    id: str
    payment_id: str | None
    amount_minor: int
    fate: RefundFate
    ours: UUID | None
    error: str


@dataclass(frozen=True, slots=True)
class DisputeState:
    """A dispute, in the shop's minor units."""

    id: str
    payment_id: str | None
    amount_minor: int
    fate: DisputeFate


class PaymentStates:
    """Reads one Stripe account. All calls raise PaymentUnavailable and PaymentMisused."""

    def __init__(self, account: StripeAccount) -> None:
        self._v1, self._call = account.client.v1, account.call

    async def payment(self, payment_id: str) -> PaymentState:
        """A payment as it stands."""
        async with self._call():
            intent = await self._v1.payment_intents.retrieve_async(payment_id)
        named = _text(intent.metadata, "order_uuid")
        return PaymentState(intent.id, intent.status == "succeeded", as_uuid(named))

    async def refund(self, refund_id: str) -> RefundState:
        """A refund as it stands."""
        async with self._call():
            return _refund(await self._v1.refunds.retrieve_async(refund_id))

    async def refunds_of(self, payment_id: str) -> list[RefundState]:
        """Up to 100 refunds of a payment, newest first."""
        async with self._call():
            found = await self._v1.refunds.list_async({"payment_intent": payment_id, "limit": 100})
        return [_refund(each) for each in found.data]

    async def dispute(self, dispute_id: str) -> DisputeState:
        """A dispute as it stands."""
        async with self._call():
            found = await self._v1.disputes.retrieve_async(dispute_id)
        fate: DisputeFate = "lost" if found.status == _LOST else "won" if found.status in _WON else "open"
        return DisputeState(
            found.id, _id(found.payment_intent), shop_amount(found.amount, found.currency), fate
        )

    async def card_of_setup(self, setup_intent_id: str) -> str | None:
        """The payment method that a setup saved, or None while it did not."""
        async with self._call():
            setup = await self._v1.setup_intents.retrieve_async(setup_intent_id)
        return _id(setup.payment_method) if setup.status == "succeeded" else None


def as_uuid(text: str | None) -> UUID | None:
    """The id in a text that somebody else may have written, or None."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _refund(refund: stripe.Refund) -> RefundState:
    return RefundState(
        refund.id,
        _id(refund.payment_intent),
        shop_amount(refund.amount, refund.currency),
        "failed" if refund.status in _FAILED else "gone",
        as_uuid(_text(refund.metadata, "refund_id")),
        str(refund.to_dict().get("failure_reason") or refund.status),
    )


def _text(metadata: stripe.StripeObject | None, name: str) -> str | None:
    return metadata.to_dict().get(name) if metadata is not None else None


def _id(reference: object) -> str | None:
    """The id in what is an id, or the object itself where it was expanded."""
    if reference is None or isinstance(reference, str):
        return reference
    return str(getattr(reference, "id"))  # noqa: B009 - any of Stripe's objects
