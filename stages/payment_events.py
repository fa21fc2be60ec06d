"""What the payment provider's events do to orders.

An event may come twice, late, or before one that happened earlier: orders move forward only, the states of refunds and
disputes are read anew, and an event's id is remembered with what it did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, assert_never

import stripe
import structlog

from stages.adapters.database.lost_links import LostLinks
from stages.adapters.database.order_results import NoSuchOrder
from stages.adapters.database.orders import Orders
from stages.adapters.database.payment_attempts import AttemptStatus
from stages.adapters.database.payments_of_orders import ChargeEvent
from stages.adapters.database.provider_events import ProviderEvents
from stages.adapters.database.refunds import Refunds
from stages.adapters.payment_errors import result_as_told
from stages.adapters.payment_states import DisputeState, PaymentStates, RefundState, as_uuid
from stages.adapters.payments import AuthenticationRequired, Declined, StripePayments
from stages.adapters.told import Told, ToldCharge, ToldIntent, ToldSession, about
from stages.pay_links import open_pay_link
from stages.refunding import book_state

_log = structlog.get_logger()

_FOREIGN_REASON = "refunded at the payment provider"
_DISPUTE_REASON = "dispute lost"


_STAGE_BOOKS_SECONDS = 0.3
"""The stage books a charge by the batch, as soon as its answer is there; the provider's event may be faster, and then
took a dozen statements to do the same for one order."""


class Onboarding(Protocol):
    """Who takes the cards that buyers save at a setup page."""

    async def complete(self, session: ToldSession) -> bool:
        """A setup session was completed, once or again; whether this call saved anything."""


@dataclass(frozen=True, slots=True)
class PaymentEvents:
    """Takes events that were proven to be the provider's."""

    orders: Orders
    refunds: Refunds
    links: LostLinks
    events: ProviderEvents
    payments: StripePayments
    states: PaymentStates
    now: Callable[[], datetime]
    hold_seconds: float
    onboarding: Onboarding | None = None
    rest: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def take(self, event: stripe.Event) -> bool:
        """Whether the event moved anything. Raises ForgedWebhook where it lacks what its kind has; DatabaseUnavailable,
        PaymentUnavailable and PaymentMisused, after which it is to be sent again."""
        act = _ACTS.get(event.type)
        if act is None or (event.type not in _REMEMBER_FIRST and await self.events.is_known(event.id)):
            return False
        try:
            return await act(self, event)
        except NoSuchOrder as error:
            # Another shop's on the same account, say. Sending it again would not help.
            _log.warning("an event of an unknown order", event_id=event.id, error=str(error))
            return False

    async def _completed(self, event: stripe.Event) -> bool:
        session = about(ToldSession, event)
        if session.mode == "setup":
            return await self._saved(event, session)
        if session.payment_status != "paid" or session.payment_intent is None:
            return False  # the money is on its way, and another event tells; or it is a subscription, no link of ours
        order_id = as_uuid(session.metadata.order_uuid) if session.metadata else None
        return await self.orders.settle_checkout(
            event.id, event.type, session.id, session.payment_intent, self.now(), order_id
        )

    async def _saved(self, event: stripe.Event, session: ToldSession) -> bool:
        if self.onboarding is None:
            return False
        saved = await self.onboarding.complete(session)
        await self.events.remember(event.id, event.type)
        return saved

    async def _ended(self, event: stripe.Event) -> bool:
        """The pay link is dead. While the hold stands, the buyer gets another."""
        session = about(ToldSession, event)
        order = await self.links.held(session.id, self.now())
        if order is None:
            return False
        key = f"checkout:{order.order_id}:after:{session.id}"
        link = await open_pay_link(self.payments, order, self.hold_seconds, key)
        return await self.links.replace(
            event.id, event.type, order.order_id, session.id, link.session_id, link.url
        )

    async def _succeeded(self, event: stripe.Event) -> bool:
        intent = about(ToldIntent, event)
        order_id = as_uuid(intent.metadata.order_uuid) if intent.metadata else None
        if intent.metadata is None or order_id is None:
            return False
        charge = ChargeEvent(event.id, event.type, order_id, intent.id, intent.metadata.attempt)
        found = await self.orders.remember_charge(charge, self.now())
        if found == "coming":
            await self.rest(_STAGE_BOOKS_SECONDS)
            found = await self.orders.remember_charge(charge, self.now())
        return found == "booked" or await self.orders.settle_charge(charge, self.now())

    async def _failed(self, event: stripe.Event) -> bool:
        intent = about(ToldIntent, event)
        key = intent.metadata.attempt if intent.metadata else None
        if key is None:
            return False  # at the page of a pay link, where the buyer sees it and takes another card
        error = intent.last_payment_error
        status: AttemptStatus
        match result_as_told(intent.id, intent.status, error.model_dump() if error else None):
            case AuthenticationRequired(payment_id=payment_id):
                status, code = "needs_holder", None
            case Declined(code=code, payment_id=payment_id):
                status = "declined"
            case _:
                return False
        return await self.links.settle_refusal(
            event.id, event.type, key, status, payment_id, code, self.now()
        )

    async def _charge_refunded(self, event: stripe.Event) -> bool:
        charge = about(ToldCharge, event)
        if charge.payment_intent is None:
            return False
        states = await self.states.refunds_of(charge.payment_intent)
        moved = [await self._book(state) for state in states]
        await self.events.remember(event.id, event.type)
        return any(moved)

    async def _refund_changed(self, event: stripe.Event) -> bool:
        moved = await self._book(await self.states.refund(about(Told, event).id))
        await self.events.remember(event.id, event.type)
        return moved

    async def _book(self, state: RefundState) -> bool:
        if state.ours is None and state.payment_id is not None:
            await self._require_booked(state.payment_id)
        return await book_state(self.refunds, state, _FOREIGN_REASON, self.now())

    async def _disputed(self, event: stripe.Event) -> bool:
        state = await self.states.dispute(about(Told, event).id)
        moved = state.payment_id is not None and await self._book_dispute(state, state.payment_id)
        await self.events.remember(event.id, event.type)
        return moved

    async def _book_dispute(self, state: DisputeState, payment_id: str) -> bool:
        await self._require_booked(payment_id)
        known = await self.events.mark_disputed(payment_id, disputed=state.fate != "won", now=self.now())
        if not known:
            return False
        _log.warning("a payment is disputed", payment=payment_id, fate=state.fate)
        match state.fate:
            case "open" | "won":
                return True
            case "lost":
                return await self.refunds.book(
                    payment_id, state.id, state.amount_minor, _DISPUTE_REASON, self.now()
                )
            case _:
                assert_never(state.fate)

    async def _require_booked(self, payment_id: str) -> None:
        """What happened to a payment may be told before the payment itself."""
        if await self.refunds.order_of(payment_id) is not None:
            return
        payment = await self.states.payment(payment_id)
        if payment.is_paid and payment.order_id is not None:
            read = ChargeEvent(f"payment:{payment_id}", "payment read", payment.order_id, payment_id, None)
            await self.orders.settle_charge(read, self.now())


_ACTS: Mapping[str, Callable[[PaymentEvents, stripe.Event], Awaitable[bool]]] = {
    "checkout.session.completed": PaymentEvents._completed,
    "checkout.session.async_payment_succeeded": PaymentEvents._completed,
    "checkout.session.async_payment_failed": PaymentEvents._ended,
    "checkout.session.expired": PaymentEvents._ended,
    "payment_intent.succeeded": PaymentEvents._succeeded,
    "payment_intent.payment_failed": PaymentEvents._failed,
    "charge.refunded": PaymentEvents._charge_refunded,
    "charge.refund.updated": PaymentEvents._refund_changed,
    "refund.created": PaymentEvents._refund_changed,
    "refund.updated": PaymentEvents._refund_changed,
    "refund.failed": PaymentEvents._refund_changed,
    "charge.dispute.created": PaymentEvents._disputed,
    "charge.dispute.updated": PaymentEvents._disputed,
    "charge.dispute.closed": PaymentEvents._disputed,
}

_REMEMBER_FIRST = ("payment_intent.succeeded",)
"""Kinds, of which there are many, whose act looks by itself whether the event came before."""

ACTED_ON = tuple(_ACTS)
"""The kinds of events that move something: those to have sent to `POST /webhooks/stripe`."""


def events_of(
    orders: Orders,
    refunds: Refunds,
    payments: StripePayments,
    now: Callable[[], datetime],
    hold_seconds: float,
    onboarding: Onboarding | None = None,
    rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> PaymentEvents:
    """Put together on the database of `orders`."""
    database = orders.database
    return PaymentEvents(
        orders,
        refunds,
        LostLinks(database),
        ProviderEvents(database),
        payments,
        PaymentStates(payments.account),
        now,
        hold_seconds,
        onboarding,
        rest,
    )
