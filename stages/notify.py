"""Notify: tells the buyer, and the streamer who wants it, what became of an order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from pipeline.stage import Drop, Emit, Limits, Outcome, Retry, Stage
from schemas.records import Notification, PaidOrder
from stages.adapters.database.notifications import Address, Claim, Notifications, Recipient, Status
from stages.adapters.messages import (
    Message,
    MessageUnavailable,
    MessageUncertain,
    Sent,
    TwilioMessages,
    Undeliverable,
)

KINDS = {"paid": "confirmed", "awaiting_payment": "pay_link"}
"""What buyer and streamer are told about an order, by its status."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What the messages say; `tracking_url` holds {order_number}."""

    tracking_url: str

    def to_buyer(self, order: PaidOrder) -> str:
        """The message for the buyer."""
        if order.status == "paid":
            track = self.tracking_url.format(order_number=order.order_number)
            return (
                f"Order {order.order_number} confirmed! Your {order.product_name} ({order.total}) will ship soon. "
                f"Track: {track}"
            )
        return (
            f"Order {order.order_number}: your {order.product_name} ({order.total}) is reserved. "
            f"Pay here to confirm: {order.payment_url}"
        )

    def to_streamer(self, order: PaidOrder) -> str:
        """The message for the streamer."""
        state = "paid" if order.status == "paid" else "waiting for payment"
        return f"Order {order.order_number}: {order.product_name} ({order.total}), {state}."


@dataclass(frozen=True, slots=True)
class Messenger:
    """What it takes to send a message at most once. A claim's `claim_seconds` outlive the longest send, so that
    whoever takes it over finds the message at the provider, if it went."""

    notifications: Notifications
    messages: TwilioMessages
    now: Callable[[], datetime]
    claim_seconds: float
    call_seconds: float

    async def tell(
        self, order: PaidOrder, recipient: Recipient, address: Address | None, body: str
    ) -> Claim | Retry:
        """Claim the message and send it. Returns the settled claim, or a Retry while its fate is open.

        Twilio knows no idempotency keys: a message is claimed before it is sent; a claim that somebody else left
        open is looked up at the provider once it has run out, and sent only if the provider has no such message.
        """
        until = self.now() + timedelta(seconds=self.claim_seconds)
        channel = address.channel if address else "console"
        claim = await self.notifications.claim(
            order.order_id, recipient, KINDS[order.status], channel, body, until
        )
        if claim.status not in ("claimed", "uncertain"):
            return claim
        if address is None:
            return await self._settle(claim, "console")
        message = Message(address.phone, body, address.channel)
        try:
            if not claim.fresh:
                return await self._resume(claim, message)
            return await self._send(claim, message)
        except MessageUnavailable as error:
            return Retry(str(error), after=self.claim_seconds, error=type(error).__name__)

    async def _resume(self, claim: Claim, message: Message) -> Claim | Retry:
        open_seconds = (claim.until - self.now()).total_seconds()
        if open_seconds > 0:
            return Retry("another worker is sending this message", after=open_seconds)
        found = await self.messages.find(message.to, message.body, message.channel, claim.made_at)
        if found:
            return await self._settle(claim, "sent", message_sid=found.sid)
        if claim.status == "uncertain":
            return claim
        taken = await self.notifications.reclaim(claim, self.now() + timedelta(seconds=self.claim_seconds))
        return await self._send(taken, message) if taken else Retry("another worker took this message over")

    async def _send(self, claim: Claim, message: Message) -> Claim | Retry:
        def check_claim() -> None:
            # The call could outlive the claim, and somebody else would look in vain and send as well.
            if self.now() + timedelta(seconds=self.call_seconds) > claim.until:
                raise MessageUnavailable("this worker was held up past its claim on the message")

        try:
            result = await self.messages.send(message, check_claim)
        except MessageUncertain as error:
            await self.notifications.record(claim, "uncertain", error_code=type(error).__name__)
            return Retry(str(error), after=self.claim_seconds, error=type(error).__name__)
        match result:
            case Sent(sid=sid):
                return await self._settle(claim, "sent", message_sid=sid)
            case Undeliverable(code=code):
                return await self._settle(claim, "undeliverable", error_code=str(code))

    async def _settle(
        self, claim: Claim, status: Status, *, message_sid: str | None = None, error_code: str | None = None
    ) -> Claim:
        await self.notifications.record(claim, status, message_sid=message_sid, error_code=error_code)
        return replace(claim, status=status, message_sid=message_sid)


async def notify(
    order: PaidOrder, *, notifications: Notifications, messenger: Messenger, wording: Wording
) -> Outcome:
    """Tell buyer and streamer. Ends well also where a message could not be delivered: the console shows it."""
    if order.status not in KINDS:
        return Drop(f"nothing to tell about an order that is {order.status}")
    addresses = await notifications.addresses(order.order_id)
    told = await messenger.tell(order, "buyer", addresses.buyer, wording.to_buyer(order))
    if isinstance(told, Retry):
        return told
    streamer = await messenger.tell(order, "streamer", addresses.streamer, wording.to_streamer(order))
    if isinstance(streamer, Retry):
        return streamer
    notification = Notification(
        comment_id=order.comment_id,
        seq=order.seq,
        streamer=order.streamer,
        order_id=order.order_id,
        order_number=order.order_number,
        status=told.status,
        message_sid=told.message_sid,
    )
    return Emit(notification, note={"message": told.status})


def notify_stage(
    limits: Limits, *, notifications: Notifications, messenger: Messenger, wording: Wording
) -> Stage[PaidOrder]:
    """The stage that ends the way."""
    handler = partial(notify, notifications=notifications, messenger=messenger, wording=wording)
    return Stage(name="notify", consumes=PaidOrder, emits=None, limits=limits, one=handler)
