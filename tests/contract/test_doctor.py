"""`tiktoksales doctor` before real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from psycopg import sql

from pipeline.embedded import Postgres
from pipeline.embedded.credentials import free_port
from stages.adapters.database import Database
from stages.adapters.database.access import let_stages_in
from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.buyers import Buyer, Buyers
from stages.adapters.vault import Vault
from stages.doctor import examine
from stages.settings import ShopSettings
from tests.contract.two_sellers import PASSWORD
from tests.fixtures_servers import execute_outside_transaction

ROOT = Path(__file__).parents[2]
SECRET = "sk_test_nobody_may_see_this"


@pytest.fixture
def shop(redis_url: str, new_database: Callable[[], str]) -> dict[str, Any]:
    """The settings of a shop that lacks nothing."""
    return {
        "redis_url": redis_url,
        "database_url": let_stages_in(new_database(), PASSWORD),
        "data_keys": [Fernet.generate_key().decode()],
        "frames_url": "file:///frames",
        "catalog_url": "file:///catalog",
        "stripe_api_key": SECRET,
        "stripe_webhook_secret": SECRET,
        "twilio_account_sid": "AC1",
        "twilio_auth_token": SECRET,
        "twilio_sms_from": "+15005550006",
        "twilio_whatsapp_from": "+15005550006",
        "source_keys": {"gateway": SECRET},
        "open_doors": True,
    }


@pytest.fixture
def bare_database(postgres: Postgres) -> Iterator[str]:
    """A database without our tables."""
    execute_outside_transaction(postgres.url, sql.SQL("create database {}").format(sql.Identifier("bare")))
    yield postgres.database_url("bare")
    execute_outside_transaction(
        postgres.url, sql.SQL("drop database {} with (force)").format(sql.Identifier("bare"))
    )


async def found(shop: dict[str, Any], subject: str, **changed: Any) -> tuple[str, str]:
    """Level and sentence of one finding, with settings changed."""
    findings = await examine(ShopSettings(**{**shop, **changed}))
    assert SECRET not in repr(findings)
    [finding] = [each for each in findings if each.subject == subject]
    return finding.level, finding.sentence


async def test_a_shop_that_lacks_nothing_is_fit(shop: dict[str, Any]) -> None:
    findings = await examine(ShopSettings(**shop))
    assert {finding.level for finding in findings} == {"ok"}
    assert len(findings) == 17


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
        ({"stripe_api_key": ""}, "Stripe", "error", "Not set: STRIPE_API_KEY."),
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
        ({"gateway_host": "0.0.0.0"}, "Doors", "error", "could reach GATEWAY_HOST=0.0.0.0"),
        ({"intent_model": "/nowhere"}, "Intent model", "error", "/nowhere lacks config.json"),
        ({"vision_model": "/nowhere"}, "Vision model", "error", "/nowhere lacks detector.pt"),
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


async def test_a_database_that_was_not_migrated_is_an_error(shop: dict[str, Any], bare_database: str) -> None:
    level, sentence = await found(shop, "Tables", database_url=bare_database)
    assert level == "error"
    assert "0001_first_tables" in sentence
    assert "tiktoksales migrate" in sentence


async def test_a_database_out_of_reach_is_an_error_without_its_password(shop: dict[str, Any]) -> None:
    url = f"postgresql://me:{SECRET}@127.0.0.1:{free_port()}/shop"
    level, sentence = await found(shop, "Database", database_url=url)
    assert level == "error"
    assert "127.0.0.1" in sentence


def test_the_command_says_it_in_json_and_by_its_status(shop: dict[str, Any]) -> None:
    fit = _doctor({**shop, "partitions": 1}, "--json")
    unfit = _doctor({**shop, "twilio_account_sid": ""}, "--json")
    assert (fit.returncode, fit.stderr) == (0, "")
    assert json.loads(fit.stdout)["ok"] is True
    assert unfit.returncode == 1
    said = json.loads(unfit.stdout)
    assert said["ok"] is False
    assert [each["subject"] for each in said["findings"] if each["level"] == "error"] == ["Twilio"]


def test_the_command_prints_a_table(shop: dict[str, Any]) -> None:
    answer = _doctor({**shop, "source_keys": {}})
    assert answer.returncode == 0
    assert "warning" in answer.stdout
    assert "SOURCE_KEYS" in answer.stdout
    assert SECRET not in answer.stdout


def _doctor(settings: dict[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
    given = {
        name.upper(): value if isinstance(value, str) else json.dumps(value)
        for name, value in settings.items()
    }
    return subprocess.run(
        [sys.executable, "-m", "stages", "doctor", *options],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
