"""Charging a saved card: attempts that are frozen first, and what each error of the provider means for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

import structlog

from stages.adapters.charge_parameters import charge_parameters, under_key
from stages.adapters.database.payment_attempts import Attempt, PaymentAttempts, attempt_key
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

KEYS = 5
"""Idempotency keys that one charge may use up; each new one takes a server error, or a card, of its own."""
_REMEMBERED_SECONDS = 23 * 3600.0  # Stripe keeps idempotency keys for a day at least


@dataclass(frozen=True, slots=True)
class Charging:
    """Charges orders on saved cards, each once.

    The error table (docs.stripe.com/error-handling, "Idempotent requests"): no answer, a conflict, a rate limit and a
    server error raise PaymentUnavailable, and the next call sends the same parameters under the same key. The provider
    repeats a server error under its key for a day, whether the money moved or not; so after one the payments that
    stand are looked through. Where there is none, and the error came from the provider's memory, so that nothing is
    under way under this key any more, the next attempt is made. A refusal of the bank is final for its attempt. Where
    the provider may have forgotten the key (after a day), the payments that stand are looked through first.
    """

    attempts: PaymentAttempts
    payments: StripePayments
    now: Callable[[], datetime]

    async def charge(self, charge: Charge) -> ChargeResult:
        """What became of the charge. Where it was refused, its payment is cancelled: a pay link may be offered. Raises
        PaymentUnavailable while it is open, and PaymentMisused."""
        attempt = await self._newest(charge)
        result = result_of_attempt(attempt) or await self._ask(attempt)
        if isinstance(result, Charged):
            return result
        if result.payment_id and await self.payments.cancel(result.payment_id) == "succeeded":
            return Charged(result.payment_id)
        if attempt.parameters["payment_method"] != charge.payment_method and attempt.number < KEYS:
            # The buyer has saved another card since.
            await self._freeze(attempt.number + 1, charge)
            return await self.charge(charge)
        return result

    async def look_up(self, order_id: UUID) -> Charged | None:
        """The payment that an order's attempt has made, if it made one; nothing is charged. Raises
        PaymentUnavailable and PaymentMisused."""
        attempt = await self.attempts.newest(order_id)
        if attempt is None or attempt.status not in ("open", "charged"):
            return None
        result = result_of_attempt(attempt) or await self._find(attempt)
        return result if isinstance(result, Charged) else None

    async def _newest(self, charge: Charge) -> Attempt:
        order_id = UUID(charge.order_id)
        key = attempt_key(order_id, 1)
        return await self.attempts.begin(order_id, key, charge_parameters(charge, key), self.now())

    async def _freeze(self, number: int, charge: Charge) -> Attempt:
        order_id = UUID(charge.order_id)
        key = attempt_key(order_id, number)
        parameters = charge_parameters(charge, key)
        return await self.attempts.freeze(order_id, number, key, parameters, self.now())

    async def _ask(self, attempt: Attempt) -> ChargeResult:
        while True:
            try:
                result = await self._send(attempt)
            except PaymentUnavailable as error:
                found = await self._find(attempt) if error.reason == "server_error" else None
                if found is None:
                    if attempt.number >= KEYS or not error.replayed:
                        raise
                    attempt = await self._replace(attempt)
                    continue
                result = found
            await self._keep(attempt, result)
            return result

    async def _send(self, attempt: Attempt) -> ChargeResult:
        age_seconds = (self.now() - attempt.made_at).total_seconds()
        found = await self._find(attempt) if age_seconds > _REMEMBERED_SECONDS else None
        return found or await self.payments.charge_as(attempt.parameters, attempt.key)

    async def _find(self, attempt: Attempt) -> ChargeResult | None:
        return await self.payments.find_as(attempt.parameters, attempt.key)

    async def _replace(self, attempt: Attempt) -> Attempt:
        number = attempt.number + 1
        key = attempt_key(attempt.order_id, number)
        _log.warning("the key remembers a server error; the next is taken", key=attempt.key, next=key)
        await self.attempts.settle(attempt, "cancelled", None, "server_error", self.now())
        parameters = under_key(attempt.parameters, key)
        return await self.attempts.freeze(attempt.order_id, number, key, parameters, self.now())

    async def _keep(self, attempt: Attempt, result: ChargeResult) -> None:
        match result:
            case Charged(payment_id=payment_id):
                await self.attempts.settle(attempt, "charged", payment_id, None, self.now())
            case Declined(code=code, payment_id=payment_id):
                _log.info("card declined", key=attempt.key, code=code)
                await self.attempts.settle(attempt, "declined", payment_id, code, self.now())
            case AuthenticationRequired(payment_id=payment_id):
                _log.info("card needs its holder", key=attempt.key)
                await self.attempts.settle(attempt, "needs_holder", payment_id, None, self.now())
            case _:
                assert_never(result)


def result_of_attempt(attempt: Attempt) -> ChargeResult | None:
    """What is known of an attempt; None while it is open."""
    match attempt.status:
        case "charged":
            return Charged(attempt.payment_id or "")
        case "declined":
            return Declined(attempt.code or "card_error", "The card was declined.", attempt.payment_id)
        case "needs_holder":
            return AuthenticationRequired(attempt.payment_id)
        case "open" | "cancelled":
            # A cancelled one is the newest only where a crash kept the next from being made: it is asked again,
            # answers the same error from memory, and is replaced.
            return None
        case _:
            assert_never(attempt.status)
