"""A shop that lacks nothing, and the doctor who looks at it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import typer
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from pipeline.doctor import add_doctor
from stages.adapters.database.access import let_stages_in
from stages.doctor.examination import examine
from stages.settings import ShopSettings
from tests.contract.two_sellers import PASSWORD

SECRET = "sk_test_nobody_may_see_this"
WEBHOOK_SECRET = "whsec_nobody_may_see_this_either"
PORTS = ("gateway_port", "console_port", "intent_port", "vision_port", "order_port")


def healthy_settings(redis_url: str, owner_database_url: str, folder: Path) -> dict[str, Any]:
    """By the names of the settings; a door may listen on any port."""
    return {
        "redis_url": redis_url,
        "database_url": let_stages_in(owner_database_url, PASSWORD),
        "data_keys": [Fernet.generate_key().decode()],
        "frames_url": (folder / "frames").as_uri(),
        "catalog_url": (folder / "catalog").as_uri(),
        "stripe_api_key": SECRET,
        "stripe_webhook_secret": WEBHOOK_SECRET,
        "twilio_account_sid": "AC1",
        "twilio_auth_token": SECRET,
        "twilio_sms_from": "+15005550006",
        "twilio_whatsapp_from": "+15005550006",
        "source_keys": {"gateway": SECRET},
        "open_doors": True,
        **dict.fromkeys(PORTS, 0),
    }


@cache
def command() -> typer.Typer:
    """The verb alone: to put all of `tiktoksales` together takes longer than to examine."""
    alone = typer.Typer()
    add_doctor(alone, lambda: examine(ShopSettings()))
    return alone


def doctor(settings: dict[str, Any]) -> tuple[int, list[tuple[str, str, str]]]:
    """The command's status, and what it finds that is not well: subject, level, sentence."""
    result = CliRunner().invoke(command(), ["--json"], env=environment(settings))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    findings = json.loads(result.stdout)["findings"]
    return result.exit_code, [
        (each["subject"], each["level"], each["sentence"]) for each in findings if each["level"] != "ok"
    ]


def environment(settings: dict[str, Any]) -> dict[str, str]:
    return {
        name.upper(): value if isinstance(value, str) else json.dumps(value)
        for name, value in settings.items()
    }
