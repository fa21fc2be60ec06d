"""`tiktoksales doctor` before real servers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from stages.adapters.database import Database
from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.buyers import Buyer, Buyers
from stages.adapters.vault import Vault
from stages.doctor.examination import examine
from stages.settings import ShopSettings
from tests.contract.healthy import SECRET, WEBHOOK_SECRET, healthy_settings
from tests.shell import Said, typed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(redis_url: str, new_database: Callable[[], str], tmp_path: Path) -> dict[str, Any]:
    return healthy_settings(redis_url, new_database(), tmp_path)


async def found(shop: dict[str, Any], subject: str, **changed: Any) -> tuple[str, str]:
    """Level and sentence of one finding, with settings changed."""
    findings = await examine(ShopSettings(**{**shop, **changed}))
    assert SECRET not in repr(findings)
    assert WEBHOOK_SECRET not in repr(findings)
    [finding] = [each for each in findings if each.subject == subject]
    return finding.level, finding.sentence


async def test_a_shop_that_lacks_nothing_is_fit(shop: dict[str, Any]) -> None:
    findings = await examine(ShopSettings(**shop))
    assert {finding.level for finding in findings} == {"ok"}


@pytest.mark.parametrize(
    ("changed", "subject", "level", "said"),
    [
        ({"redis_url": ""}, "Redis", "error", "REDIS_URL is not set"),
        ({"database_url": ""}, "Database", "error", "DATABASE_URL is not set"),
        (
            {"frames_url": ""},
            "Pictures",
            "error",
            "Not set: FRAMES_URL. The stage vision can't start without.",
        ),
        (
            {"twilio_auth_token": "", "twilio_sms_from": ""},
            "Twilio",
            "error",
            "Not set: TWILIO_AUTH_TOKEN, TWILIO_SMS_FROM.",
        ),
        ({"data_keys": []}, "Encryption", "warning", "DATA_KEYS is not set"),
        ({"data_keys": ["x"]}, "Encryption", "error", "key 1 is not 32 bytes"),
        ({"source_keys": {}}, "Signing", "warning", 'SOURCE_KEYS has no key for "gateway"'),
        ({"verified_sources": []}, "Signing", "ok", "its buyers get pay links"),
        ({"open_doors": False}, "Doors", "warning", "there is none yet"),
        ({"intent_model": "/nowhere"}, "Intent model", "error", "/nowhere lacks config.json"),
    ],
)
async def test_what_is_missing_is_named(
    shop: dict[str, Any], changed: dict[str, Any], subject: str, level: str, said: str
) -> None:
    found_level, sentence = await found(shop, subject, **changed)
    assert found_level == level
    assert said in sentence


async def test_a_user_whom_no_policy_holds_is_warned_of(
    shop: dict[str, Any], new_database: Callable[[], str]
) -> None:
    level, sentence = await found(shop, "Access", database_url=new_database())
    assert level == "warning"
    assert "is a superuser and is exempt from row-level security (BYPASSRLS) and owns the tables" in sentence


async def test_a_shop_with_a_key_is_told_that_its_doors_ask_for_one(shop: dict[str, Any]) -> None:
    async with Database.opened(shop["database_url"]) as database:
        await ApiKeys(database).create("shop", ["orders"], None, "gateway", datetime.now(UTC))
    assert await found(shop, "Doors", open_doors=False) == ("ok", "They ask for a key.")


async def test_keys_that_do_not_open_what_is_stored_are_an_error(shop: dict[str, Any]) -> None:
    async with Database.opened(shop["database_url"]) as database:
        await Buyers(database, Vault(shop["data_keys"])).put(Buyer("tiktok", "1", "bo", "+15550100000"))
    assert await found(shop, "Encryption") == ("ok", "DATA_KEYS open what is stored.")
    level, sentence = await found(shop, "Encryption", data_keys=[Fernet.generate_key().decode()])
    assert (level, "None of DATA_KEYS opens" in sentence) == ("error", True)


def test_the_command_says_it_in_json_and_by_its_status(shop: dict[str, Any]) -> None:
    fit = _doctor({**shop, "key_prefix": "shop:"}, "--json")
    assert (fit.status, fit.err) == (0, "")
    assert json.loads(fit.out)["ok"] is True


def test_the_command_prints_a_table_and_a_verdict(shop: dict[str, Any]) -> None:
    answer = _doctor({**shop, "twilio_account_sid": "", "source_keys": {}})
    assert answer.status == 1
    assert "warning" in answer.out
    assert "SOURCE_KEYS" in answer.out
    assert answer.out.endswith("Not fit: mend what stands as an error (1) first.\n")
    assert SECRET not in answer.out


def _doctor(settings: dict[str, Any], *options: str) -> Said:
    given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in settings.items()}
    return typed("doctor", *options, **given)
