"""Buyer onboarding: a link, a form with phone and consent, a page that saves the card; then one comment buys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from stages.adapters.card_setup import CardSetup
from stages.adapters.database.onboardings import (
    ClosedOnboarding,
    Onboardings,
    OpenOnboarding,
    Reached,
)
from stages.adapters.message_results import Channel
from stages.adapters.told import ToldSession
from stages.adapters.vault import UnusableDataKeys, Vault, is_sealed

_PURPOSE = "onboard"
_NOT_VALID = ClosedOnboarding("This link is not valid.")
# E.164: a plus sign, a country code, 15 digits at most.
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^@\s<>\"',;]{1,64}@[^@\s<>\"',;]{1,189}\.[^@\s<>\"',;.]{2,63}")


class UnusableForm(ValueError):
    """What was filled in can't be used; the message is for whoever did."""


@dataclass(frozen=True, slots=True)
class OnboardingLinks:
    """Links that name an onboarding, encrypted and authenticated with DATA_KEYS: nobody can make one up."""

    vault: Vault
    public_url: str

    def link(self, onboarding_id: UUID) -> str:
        """The link to give to its buyer, and to nobody else. Raises UnusableDataKeys."""
        token = self.vault.seal(orjson.dumps({"for": _PURPOSE, "id": str(onboarding_id)}).decode())
        return self.address(token)

    def address(self, token: str) -> str:
        """The link with this token."""
        return f"{self.public_url.rstrip('/')}/onboard/{token}"

    def onboarding_of(self, token: str) -> UUID | None:
        """The onboarding that a link names; None where it is none of ours."""
        if not is_sealed(token):
            return None
        try:
            named = orjson.loads(self.vault.open(token))
        except (UnusableDataKeys, orjson.JSONDecodeError):
            return None
        if not isinstance(named, dict) or named.get("for") != _PURPOSE:
            return None
        return UUID(named["id"])

    @property
    def done_url(self) -> str:
        """Where the buyer comes back to once the card is saved."""
        return f"{self.public_url.rstrip('/')}/onboarded"


async def invite(
    onboardings: Onboardings,
    links: OnboardingLinks,
    platform: str,
    key: str,
    handle: str,
    expires_at: datetime,
) -> str:
    """A link for a buyer, good until `expires_at`. Raises UnusableDataKeys."""
    return links.link(await onboardings.begin(platform, key, handle, expires_at))


@dataclass(frozen=True, slots=True)
class Onboarding:
    """What the link, the form and the payment provider's event do."""

    links: OnboardingLinks
    onboardings: Onboardings
    cards: CardSetup
    now: Callable[[], datetime]

    async def open(self, token: str) -> OpenOnboarding | ClosedOnboarding:
        """Whose link it is, if it may be used."""
        onboarding_id = self.links.onboarding_of(token)
        return await self.onboardings.find(onboarding_id, self.now()) if onboarding_id else _NOT_VALID

    async def submit(self, token: str, reached: Reached) -> str | ClosedOnboarding:
        """Keep phone and consents. Returns the URL of the page that saves the card. Sent twice, it does the same once
        more. Raises PaymentUnavailable and PaymentMisused."""
        onboarding_id = self.links.onboarding_of(token)
        if onboarding_id is None:
            return _NOT_VALID
        found = await self.onboardings.submit(onboarding_id, reached, self.now())
        if isinstance(found, ClosedOnboarding):
            return found
        customer = found.stripe_customer or await self.cards.customer(
            found.buyer_id, found.handle, self.now()
        )
        page = await self.cards.open(
            onboarding_id,
            customer,
            success_url=self.links.done_url,
            # The link as it is: another one would be another request under the same key.
            cancel_url=self.links.address(token),
            now=self.now(),
        )
        return page.url

    async def complete(self, session: ToldSession) -> bool:
        """A setup session was completed, says the provider's signed event: keep the card, once. Raises
        PaymentUnavailable and PaymentMisused."""
        card = await self.cards.saved(session)
        if card is None:
            return False
        return await self.onboardings.complete(
            card.onboarding_id, card.customer, card.payment_method, self.now()
        )


def read_form(fields: Mapping[str, str]) -> Reached:
    """Phone, e-mail and consents as they were filled in. Raises UnusableForm."""
    phone = re.sub(r"[\s().\u00a0-]", "", fields.get("phone", ""))
    phone = f"+{phone[2:]}" if phone.startswith("00") else phone
    if not _PHONE.fullmatch(phone):
        raise UnusableForm("Write your phone number with its country code, such as +1 555 010 0100.")
    email = fields.get("email", "").strip() or None
    if email is not None and not _EMAIL.fullmatch(email):
        raise UnusableForm("This e-mail address does not look right.")
    agreed: dict[Channel, bool] = {
        "whatsapp": "whatsapp" in fields,
        "sms": "sms" in fields,
        "email": "by_email" in fields,
    }
    if agreed["email"] and email is None:
        raise UnusableForm("Messages by e-mail need your e-mail address.")
    return Reached(phone, email, agreed)
