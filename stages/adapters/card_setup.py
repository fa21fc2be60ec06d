"""Saving a card for later, at a page of Stripe's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from stages.adapters.payment_states import PaymentStates, as_uuid
from stages.adapters.payments import PayLink, link_expiry
from stages.adapters.stripe_account import StripeAccount
from stages.adapters.told import ToldSession

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

_OPEN_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class SetUpCard:
    """A card that was saved: for which onboarding, and where it lies at the payment provider."""

    onboarding_id: UUID
    customer: str
    payment_method: str


class CardSetup:
    """Checkout sessions in setup mode. All calls raise PaymentUnavailable and PaymentMisused."""

    def __init__(self, account: StripeAccount) -> None:
        self._account = account

    async def customer(self, buyer_id: UUID, handle: str, now: datetime) -> str:
        """A customer for the buyer; a repeated call returns the same for some minutes. (Not for good: the provider
        would remember an error of its own for as long.)"""
        step = int(link_expiry(now, _OPEN_SECONDS).timestamp())
        async with self._account.call():
            customer = await self._account.client.v1.customers.create_async(
                {"name": handle, "metadata": {"buyer": handle}},
                {"idempotency_key": f"onboard:{buyer_id}:customer:{step}"},
            )
        return customer.id

    async def open(
        self, onboarding_id: UUID, customer: str, *, success_url: str, cancel_url: str, now: datetime
    ) -> PayLink:
        """A page where the customer saves a card; a repeated call returns the same for some minutes."""
        expires_at = link_expiry(now, _OPEN_SECONDS)
        wanted: SessionCreateParams = {
            "mode": "setup",
            "allowed_payment_method_types": ["card"],
            "customer": customer,
            "metadata": {"onboarding": str(onboarding_id)},
            "expires_at": int(expires_at.timestamp()),
            "success_url": success_url,
            "cancel_url": cancel_url,
        }
        key = f"onboard:{onboarding_id}:{customer}:{wanted['expires_at']}"
        async with self._account.call():
            session = await self._account.client.v1.checkout.sessions.create_async(
                wanted, {"idempotency_key": key}
            )
        return PayLink(session.id, session.url or "", expires_at)

    async def saved(self, session: ToldSession) -> SetUpCard | None:
        """The card that a completed session has saved; None where the session is not of an onboarding of ours."""
        onboarding_id = as_uuid(session.metadata.onboarding) if session.metadata else None
        if onboarding_id is None or session.customer is None or session.setup_intent is None:
            return None
        card = await PaymentStates(self._account).card_of_setup(session.setup_intent)
        return SetUpCard(onboarding_id, session.customer, card) if card else None
