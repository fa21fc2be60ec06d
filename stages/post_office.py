"""What messages go out by, as configured."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime

from stages.adapters.database.notifications import Notifications
from stages.adapters.mail import Mail
from stages.adapters.mail_server import MailServer
from stages.adapters.message_rate import MessageRate
from stages.adapters.message_results import Channel
from stages.adapters.messages import TwilioMessages
from stages.messenger import Carrier, Messenger
from stages.settings import ShopSettings, require


def messenger_of(
    settings: ShopSettings, notifications: Notifications, now: Callable[[], datetime], stack: AsyncExitStack
) -> Messenger:
    """The message providers, and the claims on messages; `stack` closes the connections. Raises MissingSetting and
    UnusableMailServer."""
    messages = _twilio_of(settings)
    stack.push_async_callback(messages.close)
    carriers: dict[Channel, Carrier] = {"whatsapp": messages, "sms": messages}
    if settings.smtp_url.get_secret_value():
        carriers["email"] = _mail_of(settings, now)
    rate = settings.messages_per_second
    return Messenger(
        notifications,
        carriers,
        now,
        claim_seconds=settings.message_claim_seconds,
        call_seconds=settings.message_call_seconds,
        templates=settings.whatsapp_templates,
        whatsapp_recipients=settings.whatsapp_daily_recipients,
        rates={each: MessageRate(rate, time.monotonic) for each in ("whatsapp", "sms")} if rate else {},
    )


def _twilio_of(settings: ShopSettings) -> TwilioMessages:
    require(
        settings,
        twilio_account_sid="Twilio's account",
        twilio_auth_token="its token",
        twilio_sms_from="the number that SMS come from",
        twilio_whatsapp_from="the number that WhatsApp messages come from",
    )
    return TwilioMessages(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        settings.twilio_sms_from,
        settings.twilio_whatsapp_from,
        settings.twilio_url or None,
        settings.twilio_callback_url if settings.twilio_callbacks else None,
        timeout_seconds=settings.message_call_seconds,
    )


def _mail_of(settings: ShopSettings, now: Callable[[], datetime]) -> Mail:
    require(settings, email_from="the address that e-mails come from")
    server = MailServer.from_url(settings.smtp_url.get_secret_value())
    return Mail(server, settings.email_from, now, timeout_seconds=settings.message_call_seconds)
