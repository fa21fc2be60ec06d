"""Notify: tells the buyer, and the streamer who wants it, what became of an order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import structlog

from pipeline.stage import Drop, Emit, Limits, Outcome, Reject, Retry, Stage
from schemas.records import News, Notification, PaidOrder
from stages.adapters.database.notifications import Claim, Draft, Notifications
from stages.adapters.message_results import MessageMisused
from stages.messenger import Messenger
from stages.wording import KINDS, Wording

__all__ = ["KINDS", "Messenger", "Wording", "notify", "notify_stage"]

_log = structlog.get_logger()


async def notify(
    record: PaidOrder | News, *, notifications: Notifications, messenger: Messenger, wording: Wording
) -> Outcome:
    """Tell buyer and streamer of an order, and the buyer of news. Ends well also where a message could not be
    delivered: the console shows it. Raises MessageMisused where no message could be sent at all."""
    try:
        if isinstance(record, News):
            return await _tell_news(record, notifications, messenger, wording)
        return await _tell_order(record, notifications, messenger, wording)
    except MessageMisused as error:
        if not error.stops_stage:
            return Reject(str(error), error=type(error).__name__)
        _log.error(
            "no message goes out until the settings of the message provider are right",
            code=error.code,
            error=str(error),
        )
        raise


def notify_stage(
    limits: Limits, *, notifications: Notifications, messenger: Messenger, wording: Wording
) -> Stage[PaidOrder | News]:
    """The stage that ends the way. While the provider refuses our account, everything waits."""
    handler = partial(notify, notifications=notifications, messenger=messenger, wording=wording)
    return Stage(
        name="notify",
        consumes=PaidOrder | News,
        emits=None,
        limits=replace(limits, away=(*limits.away, MessageMisused)),
        one=handler,
    )


async def _tell_order(
    order: PaidOrder, notifications: Notifications, messenger: Messenger, wording: Wording
) -> Outcome:
    if order.status not in KINDS:
        return Drop(f"nothing to tell about an order that is {order.status}")
    addresses = await notifications.addresses(order.order_id)
    text = wording.to_buyer(order, from_waitlist=addresses.from_waitlist)
    draft = Draft(order.order_id, "buyer", text.kind, text.body, order, addresses.buyer_id)
    told = await messenger.tell(draft, text, addresses.buyer)
    if isinstance(told, Retry):
        return told
    text = wording.to_streamer(order)
    draft = Draft(order.order_id, "streamer", text.kind, text.body, order)
    streamer = await messenger.tell(draft, text, addresses.streamer)
    if isinstance(streamer, Retry):
        return streamer
    # A pay link's payment comes here by itself, on no way through `payment`.
    facts = {"status": order.status, "order": order.order_number, **order.total.model_dump()}
    return Emit(_notification(order, told), note={"message": told.status, **facts})


async def _tell_news(
    news: News, notifications: Notifications, messenger: Messenger, wording: Wording
) -> Outcome:
    addresses = await notifications.addresses_of_buyer(news.buyer_id)
    text = wording.of_news(news)
    draft = Draft(news.subject, "buyer", text.kind, text.body, news, news.buyer_id)
    told = await messenger.tell(draft, text, addresses.buyer)
    if isinstance(told, Retry):
        return told
    return Drop(f"{news.kind}: {told.status}", is_end=False)


def _notification(order: PaidOrder, told: Claim) -> Notification:
    return Notification(
        comment_id=order.comment_id,
        seq=order.seq,
        streamer=order.streamer,
        order_id=order.order_id,
        order_number=order.order_number,
        status=told.status,
        message_sid=told.message_sid,
    )
