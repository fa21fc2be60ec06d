"""Payments by Stripe: the real SDK, whatever its base URL.

Every call that moves or promises money takes an idempotency key, and the caller keeps the parameters it was
first made with: Stripe refuses the same key with others. Retrying is the pipeline's, so the SDK never does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import stripe

from stages.adapters.charge_parameters import Parameters, charge_parameters, order_metadata
from stages.adapters.payment_errors import outcome_of, result_of
from stages.adapters.payment_results import (
    AuthenticationRequired,
    Bill,
    CancelResult,
    Charge,
    Charged,
    ChargeResult,
    Declined,
    ForgedWebhook,
    PayLink,
    PaymentMisused,
    PaymentUnavailable,
    Refunded,
    RefundRefused,
    SavedCard,
)
from stages.adapters.stripe_account import StripeAccount
from stages.adapters.stripe_amounts import stripe_amount
from stages.adapters.told import PROVIDER_ID

if TYPE_CHECKING:
    from stripe.params import CustomerCreateParams, PaymentIntentCreateParams, RefundCreateParams
    from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItemPriceData

__all__ = [
    "AuthenticationRequired",
    "Bill",
    "CancelResult",
    "Charge",
    "ChargeResult",
    "Charged",
    "Declined",
    "ForgedWebhook",
    "PayLink",
    "PaymentMisused",
    "PaymentUnavailable",
    "RefundRefused",
    "Refunded",
    "SavedCard",
    "StripePayments",
    "link_expiry",
]

WEBHOOK_TOLERANCE_SECONDS = 300
"""How old a webhook's signature may be; Stripe's own recommendation."""

_SHORTEST_LINK, _LONGEST_LINK = timedelta(minutes=30), timedelta(hours=24)
_CLOCK_SLACK = timedelta(minutes=1)
_LINK_STEP = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING_LEFT = ("charge_already_refunded", "charge_disputed")
_NO_EVENT = "This webhook is refused: its body is no event."
_LOOKED_THROUGH = 300
"""How many of a customer's newest payments a look-up reads."""


def link_expiry(now: datetime, seconds: float) -> datetime:
    """When a pay link that is to live that long ends: Stripe allows 30 minutes to 24 hours from now.

    Rounded up to a whole step, so that a call repeated soon after carries the same moment; a minute of slack
    on both ends allows for clocks that differ.
    """
    length = max(timedelta(seconds=seconds), _SHORTEST_LINK + _CLOCK_SLACK)
    steps = -((_EPOCH - now - length) // _LINK_STEP)
    latest = now + _LONGEST_LINK - _CLOCK_SLACK
    return min(_EPOCH + steps * _LINK_STEP, _EPOCH + (latest - _EPOCH) // _LINK_STEP * _LINK_STEP)


class StripePayments:
    """One Stripe account. Every call ends within `timeout_seconds`, by an answer or by an exception.

    All calls raise PaymentUnavailable (repeat it with the same key) and PaymentMisused (a bug or a wrong
    setting).
    """

    def __init__(
        self,
        key: str,
        webhook_secret: str,
        *,
        success_url: str,
        cancel_url: str,
        now: Callable[[], datetime],
        url: str | None = None,
        timeout_seconds: float = 20.0,
    ) -> None:
        """Connects on the first call. `now` is aware.

        `success_url` and `cancel_url` are where a pay link leads afterwards; Stripe fills in
        `{CHECKOUT_SESSION_ID}`. `url` is another server than Stripe's, such as the sandbox.
        """
        self.account = StripeAccount(key, url, timeout_seconds)
        self._client, self._call = self.account.client, self.account.call
        self._webhook_secret = webhook_secret
        self._success_url = success_url
        self._cancel_url = cancel_url
        self._now = now

    async def close(self) -> None:
        """Closes the connections."""
        await self.account.close()

    async def charge(self, charge: Charge, idempotency_key: str) -> ChargeResult:
        """Charges the saved card while its holder is away."""
        return await self.charge_as(charge_parameters(charge, idempotency_key), idempotency_key)

    async def charge_as(self, parameters: Parameters, idempotency_key: str) -> ChargeResult:
        """The same by parameters that were made before, which are sent as they are."""
        wanted = cast("PaymentIntentCreateParams", dict(parameters))
        async with self._call():
            try:
                intent = await self._client.v1.payment_intents.create_async(
                    wanted, {"idempotency_key": idempotency_key}
                )
            except stripe.StripeError as error:
                outcome = outcome_of(error)
                if isinstance(outcome, Exception):
                    raise outcome from error
                return outcome
            result = result_of(intent)
            if result is None:
                # The answer may be a replay from when it was still processing: see how it stands now.
                intent = await self._client.v1.payment_intents.retrieve_async(intent.id)
                result = result_of(intent)
        if result is None:
            raise PaymentUnavailable(
                "processing", f"Payment {intent.id} is {intent.status}; ask again later."
            )
        return result

    async def find(self, charge: Charge, idempotency_key: str) -> ChargeResult | None:
        """What became of an attempt whose answers are errors; None where the provider knows of none.

        A payment of this order that succeeded counts whatever its key: it must not be paid twice. Reads
        by listing, which sees what was written; Stripe's search does not.
        """
        return await self.find_as(charge_parameters(charge, idempotency_key), idempotency_key)

    async def find_as(self, parameters: Parameters, idempotency_key: str) -> ChargeResult | None:
        """The same by the parameters that were sent."""
        known: ChargeResult | None = None
        async with self._call():
            page = await self._client.v1.payment_intents.list_async(
                {"customer": parameters["customer"], "limit": 100}
            )
            read = 0
            async for intent in page.auto_paging_iter():
                metadata = intent.metadata.to_dict() if intent.metadata is not None else {}
                ours = metadata.get("order_uuid") == parameters["metadata"]["order_uuid"]
                if ours and intent.status == "succeeded":
                    return Charged(intent.id)
                if ours and known is None and metadata.get("attempt") == idempotency_key:
                    known = result_of(intent)
                read += 1
                if read >= _LOOKED_THROUGH:
                    break
        return known

    async def cancel(self, payment_id: str) -> CancelResult:
        """Makes the payment unpayable; says whether it had been paid before."""
        async with self._call():
            try:
                intent = await self._client.v1.payment_intents.cancel_async(payment_id)
            except stripe.InvalidRequestError as error:
                if error.code != "payment_intent_unexpected_state":
                    raise
                intent = await self._client.v1.payment_intents.retrieve_async(payment_id)
        match intent.status:
            case "canceled" | "succeeded":
                return intent.status
            case status:
                raise PaymentUnavailable(
                    "processing", f"Payment {payment_id} is {status}; cancel it again later."
                )

    async def refund(
        self,
        payment_id: str,
        amount: int | None,
        idempotency_key: str,
        metadata: Mapping[str, str] | None = None,
    ) -> Refunded | RefundRefused:
        """Gives back that much of a payment (as Stripe writes amounts), or all that is left of it."""
        wanted: RefundCreateParams = {"payment_intent": payment_id, "metadata": dict(metadata or {})}
        if amount is not None:
            wanted["amount"] = amount
        async with self._call():
            try:
                refund = await self._client.v1.refunds.create_async(
                    wanted, {"idempotency_key": idempotency_key}
                )
            except stripe.InvalidRequestError as error:
                # Too much is a 400 without a code; every fault of ours names its parameter.
                if error.code in _NOTHING_LEFT or not (error.code or error.param):
                    return RefundRefused(error.code or "amount_too_large", error.user_message or str(error))
                raise
        return Refunded(refund.id, refund.amount, refund.currency, refund.status or "pending")

    async def open_checkout(self, bill: Bill, expires_in_seconds: float, idempotency_key: str) -> PayLink:
        """A hosted page where the buyer pays this order once, by card, until it expires.

        A repeated call returns the same link for as long as `link_expiry` gives the same moment. After that it
        opens another, which is harmless: it is only repeated when nobody got to know the first.
        """
        expires_at = link_expiry(self._now(), expires_in_seconds)
        metadata = order_metadata(bill)
        price: SessionCreateParamsLineItemPriceData = {
            "currency": bill.currency.lower(),
            "unit_amount": stripe_amount(bill.amount_minor, bill.currency),
            "product_data": {"name": bill.product_name},
        }
        wanted: SessionCreateParams = {
            "mode": "payment",
            # What clears days later would outlive the hold on the stock.
            "allowed_payment_method_types": ["card"],
            "line_items": [{"quantity": 1, "price_data": price}],
            "client_reference_id": bill.order_number,
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "expires_at": int(expires_at.timestamp()),
            "success_url": self._success_url,
            "cancel_url": self._cancel_url,
        }
        key = f"{idempotency_key}:{wanted['expires_at']}"
        async with self._call():
            session = await self._client.v1.checkout.sessions.create_async(wanted, {"idempotency_key": key})
        return PayLink(session.id, session.url or "", expires_at)

    async def expire_checkout(self, session_id: str) -> str:
        """Ends a pay link before its time; returns what the session then is: `expired` or `complete`."""
        async with self._call():
            try:
                session = await self._client.v1.checkout.sessions.expire_async(session_id)
            except stripe.InvalidRequestError as error:
                if error.code == "resource_missing":
                    raise
                # It was no longer open: see what it is.
                session = await self._client.v1.checkout.sessions.retrieve_async(session_id)
        return session.status or "open"

    async def customer_with_card(
        self, handle: str, payment_method: str, idempotency_key: str, email: str | None = None
    ) -> SavedCard:
        """A new customer with this card saved; `payment_method` may be a test token like `pm_card_visa`."""
        wanted: CustomerCreateParams = {"name": handle, "metadata": {"buyer": handle}}
        if email is not None:
            wanted["email"] = email
        async with self._call():
            customer = await self._client.v1.customers.create_async(
                wanted, {"idempotency_key": f"{idempotency_key}:customer"}
            )
            card = await self._client.v1.payment_methods.attach_async(
                payment_method,
                {"customer": customer.id},
                {"idempotency_key": f"{idempotency_key}:card"},
            )
        return SavedCard(customer.id, card.id)

    async def forget_customer(self, customer: str) -> None:
        """Delete a customer with all saved cards; fine where it is gone. Payments that were made stay in the books."""
        async with self._call():
            try:
                await self._client.v1.customers.delete_async(customer)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise

    def event(self, payload: bytes, signature: str | None) -> stripe.Event:
        """The event in a webhook's raw body; raises ForgedWebhook unless it is one, and Stripe signed it just now."""
        try:
            event = self._client.construct_event(
                payload, signature, self._webhook_secret, WEBHOOK_TOLERANCE_SECONDS
            )
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise ForgedWebhook(f"This webhook is refused: {error}") from error
        # What the SDK makes of JSON that is no object, or one in another, hundreds deep.
        except (AttributeError, KeyError, TypeError, RecursionError) as error:
            raise ForgedWebhook(_NO_EVENT) from error
        if not _is_event(event):
            raise ForgedWebhook(_NO_EVENT)
        return event


def _is_event(event: stripe.Event) -> bool:
    """Whether it has what every event has; the SDK takes any JSON object for one."""
    about = getattr(getattr(event, "data", None), "object", None)
    event_id, kind = getattr(event, "id", None), getattr(event, "type", None)
    is_named = isinstance(event_id, str) and re.fullmatch(PROVIDER_ID, event_id) is not None
    return is_named and isinstance(kind, str) and isinstance(about, stripe.StripeObject)
