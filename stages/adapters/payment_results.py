"""What the shop asks of the payment provider, and what can come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Charge:
    """One order on one saved card. Amounts are whole minor units, `currency` is an ISO code."""

    order_id: str
    order_number: str
    amount_minor: int
    currency: str
    customer: str
    payment_method: str
    buyer: str
    streamer: str
    comment_id: str


@dataclass(frozen=True, slots=True)
class Bill:
    """One order that its buyer pays by hand. Amounts are whole minor units, `currency` is an ISO code."""

    order_id: str
    order_number: str
    amount_minor: int
    currency: str
    product_name: str
    buyer: str
    streamer: str
    comment_id: str


@dataclass(frozen=True, slots=True)
class Charged:
    """The money moved."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The bank said no, or the saved card is gone: final for this attempt.

    `code` is the bank's reason where there is one (`insufficient_funds`), else Stripe's error code.
    """

    code: str
    message: str
    payment_id: str | None


@dataclass(frozen=True, slots=True)
class AuthenticationRequired:
    """The bank wants the card holder: cancel this payment and send a pay link."""

    payment_id: str | None


ChargeResult = Charged | Declined | AuthenticationRequired

CancelResult = Literal["canceled", "succeeded"]
"""What the payment is after the attempt to cancel it; `succeeded` means it was paid before."""


@dataclass(frozen=True, slots=True)
class PayLink:
    """A hosted page where the buyer pays, or saves a card."""

    session_id: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refunded:
    """Money went back. Stripe may still call it `pending`; it says so in `status`."""

    refund_id: str
    amount_minor: int
    currency: str
    status: str


@dataclass(frozen=True, slots=True)
class RefundRefused:
    """There is not that much left to give back, or the charge is disputed."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A card that can be charged while its holder is away."""

    customer: str
    payment_method: str


Unavailability = Literal["connection", "timeout", "conflict", "rate_limit", "server_error", "processing"]


class PaymentUnavailable(Exception):
    """The provider could not say what became of the call: repeat it with the same key.

    After a `server_error` the same key may answer the same error for a day: then look the payment up
    (`StripePayments.find`) before anything else. `replayed` says that this is such an answer from memory: the call
    under that key is over for good, so that where no payment is found another key may be taken. `retry_after` is in
    seconds, where the provider named it.
    """

    def __init__(
        self,
        reason: Unavailability,
        message: str,
        retry_after: float | None = None,
        *,
        replayed: bool = False,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.retry_after = retry_after
        self.replayed = replayed


Misuse = Literal["idempotency", "parameters", "authentication", "permission"]


class PaymentMisused(Exception):
    """The provider refused the call itself: a bug or a wrong setting, which no repetition mends."""

    def __init__(self, kind: Misuse, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.param = param

    @property
    def stops_stage(self) -> bool:
        """Whether every other call will fail likewise, so that the stage must stop and alert."""
        return self.kind in ("authentication", "permission")


class ForgedWebhook(Exception):
    """A webhook whose signature is wrong, missing or too old, or that is no event; refuse it with a 400."""
