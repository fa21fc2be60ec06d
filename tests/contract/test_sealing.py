"""Personal data in the database: sealed when it is written, found again, and sealed anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet

from stages.adapters.database import Database
from stages.adapters.database.buyers import Buyer, Buyers
from stages.adapters.database.catalog import Catalog, Streamer
from stages.adapters.database.notifications import Notifications
from stages.adapters.database.sealing import check_keys, holds_plain, seal_anew
from stages.adapters.vault import UnusableDataKeys, Vault, is_sealed
from tests.shell import typed

ROOT = Path(__file__).parents[2]
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PHONE, EMAIL, SELLER_PHONE = "+15550103333", "Ana@Example.com", "+15550104444"
ANA = Buyer("tiktok", "7001", "ana", PHONE, "sms", email=EMAIL)


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    """A database of the test's own: what lies in it counts."""
    return new_database()


async def _fill(url: str, key: str) -> None:
    async with Database.opened(url) as database:
        await Buyers(database, Vault([key])).put(ANA)
        await Catalog(database, Vault([key])).put_streamer(
            Streamer("maya", "Maya", "USD", phone=SELLER_PHONE, notify_by="sms")
        )


def _all_text(url: str) -> str:
    rows = "select b.*::text from buyers as b union all select s.*::text from streamers as s"
    with psycopg.connect(url) as connection:
        return repr(connection.execute(rows).fetchall())


async def test_nothing_that_is_written_can_be_read_in_the_tables(url: str) -> None:
    await _fill(url, NEW)
    text = _all_text(url)
    assert "ana" in text
    assert not [each for each in (PHONE, EMAIL, EMAIL.lower(), SELLER_PHONE) if each in text]


async def test_whoever_sends_messages_gets_the_numbers(url: str) -> None:
    await _fill(url, NEW)
    order = _order(url)
    async with Database.opened(url) as database:
        addresses = await Notifications(database, Vault([NEW])).addresses(order)
    assert len(addresses.buyer) == 1
    assert len(addresses.streamer) == 1
    assert (addresses.buyer[0].to, addresses.streamer[0].to) == (PHONE, SELLER_PHONE)


async def test_a_rotation_makes_the_older_key_dispensable(url: str) -> None:
    await _fill(url, OLD)
    both = Vault([NEW, OLD])
    async with Database.opened(url) as database:
        assert await seal_anew(database, both) == 2
        assert await seal_anew(database, both) == 2  # harmless when repeated
        async with database.transaction() as connection:
            assert await check_keys(connection, Vault([NEW]))
            row = await connection.fetchrow("select phone, phone_index, email, email_index from buyers")
    assert row is not None
    vault = Vault([NEW])
    assert (vault.open(row["phone"]), vault.open(row["email"])) == (PHONE, EMAIL)
    assert (row["phone_index"], row["email_index"]) == (vault.index(PHONE), vault.index(EMAIL))


async def test_a_rotation_without_the_older_key_changes_nothing(url: str) -> None:
    await _fill(url, OLD)
    before = _all_text(url)
    async with Database.opened(url) as database:
        with pytest.raises(UnusableDataKeys, match="add the key"):
            await seal_anew(database, Vault([NEW]))
    assert _all_text(url) == before


async def test_more_rows_than_one_round_takes_are_all_sealed(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into buyers (id, platform, client_id, handle, phone)"
            " select gen_random_uuid(), 'tiktok', n, n, '+1555' || n from generate_series(1, 1203) as n"
        )
    async with Database.opened(url) as database:
        assert await seal_anew(database, Vault([NEW])) == 1203
        assert not await holds_plain(database)


def test_migrate_seals_what_an_older_release_left_plain(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into buyers (id, platform, client_id, handle, phone, channel)"
            " values (%s, 'tiktok', 'a', 'a', %s, 'sms')",
            (uuid4(), PHONE),
        )
    without = typed("migrate", database_url=url)
    assert (without.status, "DATA_KEYS is not set" in without.err) == (1, True)
    assert "encrypted 1 rows" in typed("migrate", database_url=url, data_keys=json.dumps([NEW])).out
    assert "Nothing to do" in typed("migrate", database_url=url).out
    with psycopg.connect(url) as connection:
        [(phone,)] = connection.execute("select phone from buyers").fetchall()
    assert is_sealed(phone)
    assert Vault([NEW]).open(phone) == PHONE


async def test_rotate_keys_is_a_command(url: str) -> None:
    await _fill(url, OLD)
    rotated = typed("rotate-keys", database_url=url, data_keys=json.dumps([NEW, OLD]))
    assert (rotated.status, "2 rows" in rotated.out) == (0, True)
    refused = typed("rotate-keys", database_url=url, data_keys=json.dumps([OLD]))
    assert (refused.status, "None of DATA_KEYS" in refused.err) == (1, True)
    malformed = typed("rotate-keys", database_url=url, data_keys='["x"]')
    assert (malformed.status, "key 1 is not 32 bytes" in malformed.err) == (1, True)


def _order(url: str) -> UUID:
    with psycopg.connect(url) as connection:
        [(order,)] = connection.execute(
            """
            with product as (
                insert into products (id, streamer, sku, name, price_minor, currency, stock)
                values (gen_random_uuid(), 'maya', 'J', 'Jacket', 100, 'USD', 1) returning id),
            comment as (
                insert into chat_messages (id, seq, streamer, client, platform, message, sent_at, source, verified)
                values (gen_random_uuid(), '1-1', 'maya', 'ana', 'tiktok', 'mine', now(), 'stream', false)
                returning id)
            insert into orders (id, order_number, comment_id, streamer, product_id, product_name, buyer_id, quantity,
                                unit_price_minor, amount_minor, currency)
            select gen_random_uuid(), 'ORD-20260101-00001', comment.id, 'maya', product.id, 'Jacket', buyers.id, 1, 100,
                   100, 'USD'
            from product, comment, buyers returning id
            """
        ).fetchall()
    assert isinstance(order, UUID)
    return order
