"""Every door keeps what its OpenAPI document promises, whatever it is sent: Schemathesis makes up the requests."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from stages.adapters.database import Database
from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.catalog import Catalog, Streamer
from stages.adapters.vault import Vault
from stages.wiring import utc_now
from tests.served import served

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
STREAMER = "maya.closet"  # of the examples
NOT_ASKED = "positive_data_acceptance"  # no schema says what a signature is, or what a kind of comment needs
SEED, EXAMPLES = 6, 5
# A batch is taken, and each of its items answered by itself.
EXCEPTIONS = """
[[operations]]
include-path = "/comments/batch"
checks.negative_data_rejection.enabled = false
"""


@pytest.fixture
async def settings(redis_url: str, database_url: str, tmp_path: Path) -> dict[str, Any]:
    """A shop's, with everything that opens a route."""
    data_key = Fernet.generate_key().decode()
    async with Database.opened(database_url) as database:
        await Catalog(database, Vault([data_key])).put_streamer(Streamer(STREAMER, "Maya", "USD"))
    return {
        "redis_url": redis_url,
        "database_url": database_url,
        "data_keys": [data_key],
        "catalog_url": tmp_path.as_uri(),
        "frames_url": tmp_path.as_uri(),
        "stripe_api_key": "sk_test_nobody",
        "stripe_webhook_secret": "whsec_nobody",
        "stripe_url": "http://127.0.0.1:9",
        "twilio_auth_token": "nobody",
        "instagram_app_secret": "nobody",
        "instagram_verify_token": "nobody",
        "instagram_accounts": {"1": STREAMER},
    }


async def made_up(url: str, folder: Path, *options: str) -> tuple[int, str]:
    """Schemathesis' status and report."""
    (folder / "schemathesis.toml").write_text(EXCEPTIONS)
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS,
        "run",
        f"{url}/openapi.json",
        "--phases=examples,coverage,fuzzing",
        f"--exclude-checks={NOT_ASKED}",
        f"--max-examples={EXAMPLES}",
        f"--seed={SEED}",
        "--continue-on-failure",
        *options,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


@pytest.mark.parametrize("door", ["gateway", "order"])
async def test_a_door_with_keys_answers_as_documented(
    door: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    async with Database.opened(settings["database_url"]) as database:
        key = await ApiKeys(database).create("schemathesis", ["admin"], None, "gateway", utc_now())
    with served(door, settings=settings) as url:
        status, report = await made_up(url, tmp_path, "-H", f"Authorization: Bearer {key}")
    assert status == 0, report


@pytest.mark.parametrize("door", ["intent", "vision"])
async def test_a_face_answers_as_documented(door: str, settings: dict[str, Any], tmp_path: Path) -> None:
    with served(door, settings=settings) as url:
        status, report = await made_up(url, tmp_path)
    assert status == 0, report
