"""What messages go out by, as the settings say."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from unittest.mock import create_autospec

import pytest
from pydantic import ValidationError

from stages.adapters.database.notifications import Notifications
from stages.adapters.mail_server import UnusableMailServer
from stages.messenger import Messenger
from stages.post_office import messenger_of
from stages.settings import MissingSetting, ShopSettings

TWILIO = {
    "twilio_account_sid": "AC1",
    "twilio_auth_token": "secret",
    "twilio_sms_from": "+15550000001",
    "twilio_whatsapp_from": "+15550000002",
}


async def messenger(**settings: Any) -> Messenger:
    notifications = create_autospec(Notifications, instance=True)
    async with AsyncExitStack() as stack:
        return messenger_of(
            ShopSettings(**(TWILIO | settings)), notifications, lambda: datetime.now(UTC), stack
        )


async def test_without_a_mail_server_there_is_no_e_mail_and_without_limits_there_are_none() -> None:
    plain = await messenger()
    assert set(plain.carriers) == {"whatsapp", "sms"}
    assert (plain.rates, plain.whatsapp_recipients, plain.templates) == ({}, None, {})


async def test_everything_can_be_set() -> None:
    full = await messenger(
        smtp_url="smtp://localhost:25",
        email_from="orders@shop.example",
        whatsapp_templates={"confirmed": "HX1"},
        whatsapp_daily_recipients=250,
        messages_per_second=2,
    )
    assert set(full.carriers) == {"whatsapp", "sms", "email"}
    assert set(full.rates) == {"whatsapp", "sms"}
    assert full.rates["whatsapp"] is not full.rates["sms"]
    assert (full.whatsapp_recipients, full.templates) == (250, {"confirmed": "HX1"})


async def test_what_is_missing_or_wrong_is_named() -> None:
    with pytest.raises(MissingSetting, match="EMAIL_FROM"):
        await messenger(smtp_url="smtp://localhost:25")
    with pytest.raises(UnusableMailServer, match="SMTP_URL"):
        await messenger(smtp_url="localhost:25", email_from="orders@shop.example")
    with pytest.raises(MissingSetting, match="TWILIO_SMS_FROM"):
        await messenger(twilio_sms_from="")
    with pytest.raises(ValidationError, match="no kind welcome"):
        await messenger(whatsapp_templates={"welcome": "HX1"})


@pytest.mark.parametrize(
    "public", ["https://shop.example", "https://shop.example/", "https://shop.example/tts/"]
)
def test_twilio_reports_below_the_public_address(public: str) -> None:
    settings = ShopSettings(public_url=public)
    assert settings.twilio_callback_url == f"{public.rstrip('/')}/webhooks/twilio"
