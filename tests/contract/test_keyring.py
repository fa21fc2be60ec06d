"""Keys before a real database: how soon they open, and open no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from stages.adapters.database import Database, DatabaseUnavailable
from stages.adapters.database.api_keys import ApiKeys, UnknownKey
from stages.api_key import ApiKey
from stages.doors.keyring import FRESH_SECONDS, STALE_SECONDS, Keyring

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


class Moments:
    """A time of day that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


async def made(keys: ApiKeys, name: str = "shop") -> tuple[str, str]:
    """The id and the text of a new key."""
    text = await keys.create(name, ["orders"], None, "gateway", NOW)
    read = ApiKey.read(text)
    assert read is not None
    return read.id, text


async def test_a_key_is_good_for_what_it_was_made_for(database: Database) -> None:
    keys = ApiKeys(database)
    text = await keys.create("connector", ["ingest", "orders", "ingest"], None, "tiktok", NOW)
    ring = Keyring(keys, Seconds(), Moments())
    rights = await ring.rights_of_key(text)
    assert rights is not None
    assert (rights.name, rights.scopes, rights.streamer, rights.source) == (
        "connector", frozenset(["ingest", "orders"]), None, "tiktok",
    )  # fmt: skip
    assert await ring.rights_of_id(rights.id) == rights
    await ring.close()


async def test_a_wrong_secret_an_unknown_id_and_no_key_at_all_open_nothing(database: Database) -> None:
    keys, clock = ApiKeys(database), Seconds()
    _, text = await made(keys)
    ring = Keyring(keys, clock, Moments())
    for shown in (text[:-4] + "AAAA", ApiKey.drawn()[1], "", "tts_"):
        assert await ring.rights_of_key(shown) is None
    await ring.close()


async def test_the_database_holds_no_secret(database: Database) -> None:
    key_id, text = await made(ApiKeys(database))
    async with database.transaction() as connection:
        row = await connection.fetchval("select k::text from api_keys as k where id = $1", key_id)
    assert text.rpartition("_")[2] not in row


async def test_a_new_key_opens_at_once(database: Database) -> None:
    keys, clock = ApiKeys(database), Seconds()
    ring = Keyring(keys, clock, Moments())
    assert await ring.rights_of_key(ApiKey.drawn()[1]) is None
    _, text = await made(keys)
    clock.at += 0.2
    assert await ring.rights_of_key(text) is not None
    await ring.close()


async def test_a_revoked_key_opens_nothing_after_two_seconds(database: Database) -> None:
    keys, clock = ApiKeys(database), Seconds()
    key_id, text = await made(keys)
    ring = Keyring(keys, clock, Moments())
    assert await ring.rights_of_key(text) is not None
    await keys.revoke(key_id, NOW)
    clock.at += FRESH_SECONDS + 0.1
    assert await ring.rights_of_key(text) is None
    assert await ring.rights_of_id(key_id) is None
    with pytest.raises(UnknownKey, match="keys list"):
        await keys.revoke(key_id, NOW)
    await ring.close()


async def test_the_use_of_a_key_is_written_once_a_minute(database: Database) -> None:
    keys, clock, now = ApiKeys(database), Seconds(), Moments()
    key_id, text = await made(keys)

    async def last_used() -> datetime | None:
        await ring.close()
        [found] = [each for each in await keys.all() if each.rights.id == key_id]
        return found.last_used_at

    ring = Keyring(keys, clock, now)
    assert await last_used() is None
    for seconds, noted in ((0, 0), (59, 0), (61, 61)):
        clock.at, now.at = 100.0 + seconds, NOW + timedelta(seconds=seconds)
        assert await ring.rights_of_key(text) is not None
        assert await last_used() == NOW + timedelta(seconds=noted)


async def test_while_the_database_is_away_keys_open_for_a_while(new_database: Callable[[], str]) -> None:
    database, clock = await Database.connect(new_database()), Seconds()
    key_id, text = await made(ApiKeys(database))
    ring = Keyring(ApiKeys(database), clock, Moments())
    assert await ring.rights_of_key(text) is not None
    await ring.close()
    await database.close()
    clock.at += STALE_SECONDS - 1
    assert await ring.rights_of_id(key_id) is not None
    clock.at += 2
    with pytest.raises(DatabaseUnavailable, match="keys can't be read"):
        await ring.rights_of_id(key_id)
