"""Claims on what the host has not added yet wait, and are looked at when it appears."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from schemas.money import Money
from schemas.records import ClassifiedComment
from stages.adapters.database import Database
from stages.adapters.database.catalog import Catalog, Product
from stages.adapters.database.unlisted import UnlistedClaims
from stages.adapters.variant_choice import bare_code
from tests.contract.stall import PRICE, Stall


@pytest.fixture
async def stall(database: Database) -> Stall:
    """A streamer with a jacket, J-1."""
    return await Stall(database).open(3)


async def claim(stall: Stall, client: str, code: str) -> ClassifiedComment:
    comment = await stall.comment(client, message=f"{code} mine")
    return ClassifiedComment(**comment.__dict__, intent="buy", score=0.9, code=code)


async def fed(stall: Stall) -> list[str]:
    rows = await stall.rows(
        "select record -> 'viewer' ->> 'client' as client from outbox "
        "where streamer = $1 and stage = 'vision' order by id",
        stall.seller,
    )
    return [row["client"] for row in rows]


async def add(stall: Stall, sku: str, *aliases: str) -> None:
    product = Product(uuid4(), sku, "New", PRICE, images=(), aliases=aliases)
    await Catalog(stall.database).put_product(stall.seller, product, 5)


@pytest.mark.parametrize(
    "listed", [("B9",), ("b-09",), ("NEW", "B9")], ids=["sku", "spelt otherwise", "alias"]
)
async def test_they_are_looked_at_once_when_a_product_gets_the_code(
    stall: Stall, listed: tuple[str, ...]
) -> None:
    unlisted = UnlistedClaims(stall.database)
    for client, code in (("ana", "B9"), ("bo", "C1")):
        for _ in range(2):
            assert await unlisted.keep(await claim(stall, client, code), bare_code(code))
    await add(stall, "D4")
    assert await fed(stall) == []
    await add(stall, *listed)
    await add(stall, "E5", "b9")
    assert await fed(stall) == ["ana", "ana"]


async def test_what_is_fed_is_the_claim_itself(stall: Stall) -> None:
    waiting = await claim(stall, "ana", "B9")
    await UnlistedClaims(stall.database).keep(waiting, "B9")
    await add(stall, "B9")
    [row] = await stall.rows(
        "select record from outbox where streamer = $1 and stage = 'vision'", stall.seller
    )
    assert ClassifiedComment.model_validate(row["record"]) == waiting


async def test_a_catalog_read_before_is_noticed(stall: Stall) -> None:
    assert not await UnlistedClaims(stall.database).keep(await claim(stall, "ana", "J1"), "J1")
    assert await stall.rows("select from unlisted_claims where streamer = $1", stall.seller) == []


async def test_none_is_forgotten_between_a_claim_and_a_product_that_come_at_once(stall: Stall) -> None:
    unlisted = UnlistedClaims(stall.database)
    for number in range(20):
        waiting = await claim(stall, f"viewer_{number}", f"X{number}")
        kept, _ = await asyncio.gather(unlisted.keep(waiting, f"X{number}"), add(stall, f"X{number}"))
        assert kept == (f"viewer_{number}" in await fed(stall))


async def test_after_an_hour_nobody_waits_any_more(stall: Stall) -> None:
    await UnlistedClaims(stall.database).keep(await claim(stall, "ana", "B9"), "B9")
    await stall.change(
        "update unlisted_claims set created_at = created_at - $2::interval where streamer = $1",
        stall.seller,
        timedelta(minutes=61),
    )
    await add(stall, "B9")
    assert await fed(stall) == []


@pytest.mark.parametrize("code", ["A-03", "a3", "#A03", "100", "007", "x_1.2", "00", "É-05", "10B020"])
async def test_the_database_compares_codes_as_the_stage_does(database: Database, code: str) -> None:
    async with database.transaction() as connection:
        assert await connection.fetchval("select bare_code($1)", code) == bare_code(code)


async def test_vision_reads_variants_with_their_prices(stall: Stall) -> None:
    small = await stall.variant("S", 1, code="J-1-S")
    await stall.change("update product_variants set price_minor = 900 where id = $1", small)
    await stall.variant("L", 2)
    [product] = await Catalog(stall.database).products(stall.seller, "any model")
    assert [(each.name, each.code, each.stock) for each in product.variants] == [
        ("L", None, 2),
        ("S", "J-1-S", 1),
    ]
    assert [each.price for each in product.variants] == [None, Money(amount_minor=900, currency="USD")]
