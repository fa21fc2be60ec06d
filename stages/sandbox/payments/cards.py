"""Stripe's documented test cards (docs.stripe.com/testing) and what each of them does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Authentication = Literal["never", "always", "unless_set_up", "on_session"]
Refunding = Literal["at_once", "later", "fails_later"]


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a bank says no."""

    code: str
    decline_code: str
    message: str


@dataclass(frozen=True, slots=True)
class Card:
    """A test card. `attaches` says whether it can be saved on a customer at all."""

    number: str
    brand: str
    token: str
    decline: Decline | None = None
    attaches: bool = True
    authentication: Authentication = "never"
    disputed: bool = False
    refunding: Refunding = "at_once"

    @property
    def fingerprint(self) -> str:
        """The same for every payment method with this number, as Stripe's is."""
        return hashlib.sha256(self.number.encode()).hexdigest()[:16]


def _declined(reason: str) -> Decline:
    return Decline("card_declined", reason, "Your card was declined.")


_POOR = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
_EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")
_CVC = Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
_PROCESSING = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)

CARDS = (
    Card("4242424242424242", "visa", "visa"),
    Card("4000056655665556", "visa", "visa_debit"),
    Card("5555555555554444", "mastercard", "mastercard"),
    Card("5200828282828210", "mastercard", "mastercard_debit"),
    Card("378282246310005", "amex", "amex"),
    Card("4000000000000002", "visa", "chargeDeclined", _declined("generic_decline"), attaches=False),
    Card("4000000000009995", "visa", "chargeDeclinedInsufficientFunds", _POOR, attaches=False),
    Card("4000000000009987", "visa", "chargeDeclinedLostCard", _declined("lost_card"), attaches=False),
    Card("4000000000009979", "visa", "chargeDeclinedStolenCard", _declined("stolen_card"), attaches=False),
    Card("4000000000000069", "visa", "chargeDeclinedExpiredCard", _EXPIRED, attaches=False),
    Card("4000000000000127", "visa", "chargeDeclinedIncorrectCvc", _CVC, attaches=False),
    Card("4000000000000119", "visa", "chargeDeclinedProcessingError", _PROCESSING, attaches=False),
    Card("4000000000000341", "visa", "chargeCustomerFail", _declined("generic_decline")),
    Card("4000002500003155", "visa", "authenticationRequiredOnSetup", authentication="unless_set_up"),
    Card("4000002760003184", "visa", "authenticationRequired", authentication="always"),
    Card("4000003800000446", "visa", "authenticationRequiredSetupForOffSession", authentication="on_session"),
    Card(
        "4000008260003178",
        "visa",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        _POOR,
        authentication="on_session",
    ),
    Card("4000000000000259", "visa", "createDispute", disputed=True),
    Card("4000000000007726", "visa", "pendingRefund", refunding="later"),
    Card("4000000000005126", "visa", "refundFail", refunding="fails_later"),
)

_BY_NUMBER = {card.number: card for card in CARDS}
_BY_FINGERPRINT = {card.fingerprint: card for card in CARDS}
# Stripe writes the declined ones also as pm_card_visa_chargeDeclined....
_BY_TOKEN = {
    f"{prefix}{card.token}": card
    for card in CARDS
    for prefix in ("pm_card_", "tok_", "pm_card_visa_", "tok_visa_")
}


def card_with_number(number: str) -> Card | None:
    """The test card with this number; spaces are ignored."""
    return _BY_NUMBER.get(number.replace(" ", ""))


def card_with_token(token: str) -> Card | None:
    """The test card behind `pm_card_visa`, `tok_visa` and the like."""
    return _BY_TOKEN.get(token)


def card_with_fingerprint(fingerprint: str) -> Card:
    """The test card of a stored payment method."""
    return _BY_FINGERPRINT[fingerprint]
