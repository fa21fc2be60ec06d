"""Giving money back: written down first, then asked of the provider, then booked. A crash in between is resumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from stages.adapters.database.refunds import Refund, Refunds
from stages.adapters.payment_states import PaymentStates, RefundState
from stages.adapters.payments import (
    PaymentMisused,
    PaymentUnavailable,
    Refunded,
    RefundRefused,
    StripePayments,
)
from stages.adapters.stripe_amounts import stripe_amount
from stages.refund_results import Result, Waiting

_log = structlog.get_logger()

KEYS = 5  # idempotency keys that one refund may use up; each new one takes a server error of its own
_AT_IT_SECONDS = 30.0  # whoever wanted the refund is at it for so long
_BATCH = 50
_REMEMBERED_SECONDS = 23 * 3600.0  # Stripe keeps idempotency keys for a day at least


@dataclass(frozen=True, slots=True)
class Refunding:
    """Gives money back, each refund once."""

    refunds: Refunds
    payments: StripePayments
    states: PaymentStates
    now: Callable[[], datetime]

    async def refund(
        self, order_number: str, amount_minor: int | None, reason: str, key: str, *, restock: bool = False
    ) -> Result:
        """Give that much of an order's payment back (or all that is left), once for each `key`; with `restock` its
        pieces go back on the shelf and to who waits. A Refund is done or refused then. Raises NoSuchOrder, and
        PaymentMisused for an amount that the provider can't move."""
        wanted = await self.refunds.want(
            order_number, amount_minor, reason, key, restock=restock, now=self.now()
        )
        return await self.carry_out(wanted) if isinstance(wanted, Refund) else wanted

    async def carry_out(self, refund: Refund) -> Refund | Waiting:
        """Ask the provider for a refund that is written down, and book the answer."""
        if refund.status != "wanted":
            return refund
        try:
            answer = await self._ask(refund)
        except PaymentUnavailable as error:
            return Waiting(refund, str(error))
        except PaymentMisused as error:
            if error.stops_stage:
                return Waiting(refund, str(error))
            _log.error("the payment provider refuses a refund", refund=str(refund.id), error=str(error))
            answer = RefundRefused(error.code or error.kind, str(error))
        match answer:
            case Refunded(refund_id=provider_id):
                await self.refunds.finish(refund.id, provider_id, self.now())
            case RefundRefused(message=message):
                await self.refunds.refuse(refund.id, message)
            case _:
                assert_never(answer)
        return await self.refunds.find(refund.id) or refund

    async def resume(self) -> None:
        """Go on with the refunds that a crash, or a provider that could not answer, left behind."""
        before = self.now() - timedelta(seconds=_AT_IT_SECONDS)
        for refund in await self.refunds.wanted(before, _BATCH):
            done = await self.carry_out(refund)
            if isinstance(done, Waiting):
                _log.warning("a refund waits", refund=str(refund.id), error=done.reason)

    async def _ask(self, refund: Refund) -> Refunded | RefundRefused:
        for number in range(1, KEYS + 1):
            key = f"refund:{refund.id}" if number == 1 else f"refund:{refund.id}:{number}"
            try:
                found = await self._find(refund) if self._may_be_forgotten(refund) else None
                return found or await self._send(refund, key)
            except PaymentUnavailable as error:
                # As with charges: a server error stays with its key, whether the money went back or not.
                found = await self._find(refund) if error.reason == "server_error" else None
                if found is not None:
                    return found
                if number == KEYS or not error.replayed:
                    raise
        raise AssertionError("the last key's attempt returns or raises")

    async def _send(self, refund: Refund, key: str) -> Refunded | RefundRefused:
        amount = stripe_amount(refund.amount.amount_minor, refund.amount.currency)
        metadata = {"refund_id": str(refund.id), "order_uuid": str(refund.order_id)}
        return await self.payments.refund(refund.payment_id, amount, key, metadata)

    async def _find(self, refund: Refund) -> Refunded | None:
        for state in await self.states.refunds_of(refund.payment_id):
            if state.ours == refund.id:
                return Refunded(state.id, state.amount_minor, refund.amount.currency, state.fate)
        return None

    def _may_be_forgotten(self, refund: Refund) -> bool:
        return (self.now() - refund.made_at).total_seconds() > _REMEMBERED_SECONDS


async def book_state(refunds: Refunds, state: RefundState, reason: str, now: datetime) -> bool:
    """Book a refund as it stands at the provider, whoever asked for it. Whether anything moved."""
    if state.fate == "failed":
        _log.error("a refund has failed: the buyer has not got the money", refund=state.id, error=state.error)
        if state.ours is not None:
            await refunds.refuse(state.ours, state.error)
        return await refunds.reverse(state.id, state.error)
    if state.ours is not None:
        return await refunds.finish(state.ours, state.id, now)
    if state.payment_id is None:
        return False
    return await refunds.book(state.payment_id, state.id, state.amount_minor, reason, now)
