"""`tiktoksales keys`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stages.api_key import ApiKey
from tests.contract.kept_shop import KeptShop, kept_shop
from tests.shell import tiktoksales


@pytest.fixture
async def shop(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[KeptShop]:
    async with kept_shop(redis_url, database_url, tmp_path, open_doors=False) as shop:
        yield shop


async def comment(shop: KeptShop, key: str) -> int:
    body = {"streamer": shop.streamer, "client": "ana", "message": "I want it!"}
    return (await shop.http.post("/comments", json=body, headers={"X-Api-Key": key})).status_code


async def test_a_key_is_made_shown_once_listed_and_revoked(shop: KeptShop) -> None:
    options = ("--scope", "ingest", "--streamer", shop.streamer, "--source", "tiktok")
    said = await tiktoksales("keys", "create", "my connector", *options, **shop.environment)
    text, words = said.out.splitlines()
    key = ApiKey.read(text)
    assert key is not None
    assert "shown this once" in words
    assert await comment(shop, text) == 200

    listed = await tiktoksales("keys", "list", **shop.environment)
    [row] = [line for line in listed.out.splitlines() if key.id in line]
    for shown in ("my connector", "ingest", shop.streamer, "tiktok"):
        assert shown in row
    assert text not in listed.out

    assert (await tiktoksales("keys", "revoke", key.id, **shop.environment)).status == 0
    again = await tiktoksales("keys", "revoke", text, **shop.environment)
    assert (again.status, f"No key {key.id} is in use" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("options", "is_warned"),
    [
        (["--scope", "ingest"], True),
        (["--scope", "admin"], True),
        (["--scope", "ingest", "--source", "bot"], False),
        (["--scope", "console"], False),
    ],
)
async def test_whoever_makes_a_key_that_can_charge_saved_cards_is_told(
    shop: KeptShop, options: list[str], is_warned: bool
) -> None:
    said = await tiktoksales("keys", "create", "of the shop", *options, **shop.environment)
    assert (said.status, "can charge saved cards" in said.err) == (0, is_warned)


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--scope", "everything"], 2, "there is no scope 'everything'"),
        ([], 2, "--scope"),
        (
            ["--scope", "console", "--streamer", "nobody"],
            1,
            "`tiktoksales catalog import` registers them.",
        ),
        (["--scope", "ingest", "--streamer", "nobody"], 2, "say with --source whose comments"),
        (["--scope", "admin", "--streamer", "nobody"], 2, "can't be bound to one streamer"),
        (["--scope", "metrics", "--streamer", "nobody"], 2, "can't be bound to one streamer"),
    ],
)
async def test_a_key_that_makes_no_sense_is_not_made(
    shop: KeptShop, options: list[str], status: int, said: str
) -> None:
    answer = await tiktoksales("keys", "create", "mine", *options, **shop.environment)
    assert answer.status == status
    assert said in " ".join(answer.err.replace("│", " ").split())
    assert await shop.rows("select 1 from api_keys where name = 'mine'") == []
