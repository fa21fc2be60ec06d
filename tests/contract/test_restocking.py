"""The host adds pieces: who waits for them gets them at once, first come first served."""

from __future__ import annotations

from stages.adapters.database import Database
from stages.adapters.database.catalog import Product
from stages.adapters.database.offers import Offers, Variant
from tests.contract.stall import NOW, PRICE, Stall


async def put(stall: Stall, stock: int, *variants: Variant, set_stock: bool = True) -> None:
    product = Product(stall.product, "J-1", "Jacket", PRICE, images=())
    offers = Offers(stall.database, stall.rules)
    await offers.put(stall.seller, product, stock, variants, set_stock=set_stock, now=NOW)


async def buyers(stall: Stall) -> list[str]:
    """Who has an order, the earliest comment first."""
    query = (
        "select m.client from orders as o join chat_messages as m on m.id = o.comment_id where o.streamer = $1"
        " order by m.seq_rank"
    )
    async with stall.database.transaction() as connection:
        return [row["client"] for row in await connection.fetch(query, stall.seller)]


async def test_added_pieces_go_to_who_waits_longest(database: Database) -> None:
    stall = await Stall(database).open(stock=0)
    for client in ("ana", "bo", "cy"):
        await stall.place(client)
    assert await buyers(stall) == []
    await put(stall, 2)
    assert await buyers(stall) == ["ana", "bo"]
    async with database.transaction() as connection:
        stages = await connection.fetch("select stage from outbox where streamer = $1", stall.seller)
        left = await connection.fetchval("select stock from products where id = $1", stall.product)
    assert [row["stage"] for row in stages].count("payment") == 2
    assert left == 0


async def test_an_import_that_sets_no_stock_serves_nobody(database: Database) -> None:
    stall = await Stall(database).open(stock=0)
    await stall.place("ana")
    await put(stall, 5, set_stock=False)
    assert await buyers(stall) == []


async def test_pieces_of_one_variant_are_not_given_to_who_waits_for_another(database: Database) -> None:
    stall = await Stall(database).open(stock=0)
    await put(stall, 0, Variant("navy / M", 0), Variant("navy / L", 0))
    async with database.transaction() as connection:
        rows = await connection.fetch(
            "select id, name from product_variants where product_id = $1", stall.product
        )
    ids = {row["name"]: row["id"] for row in rows}
    await stall.place("ana", variant=ids["navy / M"])
    await stall.place("bo", variant=ids["navy / L"])
    await put(stall, 1, Variant("navy / L", 1))
    assert await buyers(stall) == ["bo"]
