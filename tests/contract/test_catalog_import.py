"""A catalog goes from a spreadsheet into Postgres, its pictures into the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from stages.adapters.database import Database
from stages.adapters.database.catalog import Catalog, product_id
from stages.adapters.database.offers import Offer, Offers, variant_id
from tests.shell import Said, tiktoksales

SHEET = """\
Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Image Src,Image Position
tee,Cotton Tee,Size,S,T-S,4,19.90,https://cdn.example/files/tee.jpg?v=1,1
tee,,,M,T-M,3,19.90,,
mug,Mug,Title,Default Title,,9,8.00,https://cdn.example/files/none.jpg,1
pen,Pen,Title,Default Title,,5,cheap,,
"""


class Shop:
    """A streamer whose catalog is imported."""

    def __init__(self, folder: Path, database: Database, url: str) -> None:
        self.folder, self.database, self.url = folder, database, url
        self.streamer = f"s{uuid4().hex[:8]}"
        for name in ("catalog", "pictures"):
            (folder / name).mkdir()
        Image.new("RGB", (32, 32), "navy").save(folder / "pictures" / "tee.jpg")

    async def run(self, sheet: str, *options: str) -> Said:
        file = self.folder / "sheet.csv"
        file.write_text(sheet)
        return await tiktoksales(
            "catalog", "import", str(file), "--streamer", self.streamer, *options,
            database_url=self.url, catalog_url=(self.folder / "catalog").as_uri(),
        )  # fmt: skip

    async def offers(self) -> dict[str, Offer]:
        return {each.sku: each for each in await Offers(self.database).of(self.streamer)}

    async def sell(self, sku: str, pieces: int, variant: str | None = None) -> None:
        key = product_id(self.streamer, sku)
        async with self.database.transaction() as connection:
            await connection.execute("update products set stock = stock - $2 where id = $1", key, pieces)
            if variant:
                await connection.execute(
                    "update product_variants set stock = stock - $2 where id = $1",
                    variant_id(key, variant),
                    pieces,
                )


@pytest.fixture
def shop(tmp_path: Path, database: Database, database_url: str) -> Shop:
    return Shop(tmp_path, database, database_url)


def options(shop: Shop, *more: str) -> tuple[str, ...]:
    return ("--currency", "usd", "--images", str(shop.folder / "pictures"), *more)


async def test_a_sheet_becomes_products_with_variants_and_pictures(shop: Shop) -> None:
    said = await shop.run(SHEET, *options(shop))
    assert said.status == 1
    assert said.out == "2 added, 0 changed, 1 rows refused, 1 pictures missing\n"
    assert said.err.splitlines() == [
        "line 4: the picture 'https://cdn.example/files/none.jpg': There is no picture at none.jpg.",
        "line 5: 'cheap' is no price",
    ]
    offers = await shop.offers()
    assert offers["tee"].images == (f"{shop.streamer}/tee.jpg",)
    assert (shop.folder / "catalog" / shop.streamer / "tee.jpg").is_file()
    assert [(each.name, each.stock, each.code) for each in offers["tee"].variants] == [
        ("M", 3, "T-M"),
        ("S", 4, "T-S"),
    ]
    assert (offers["tee"].stock, offers["mug"].stock, offers["mug"].images) == (7, 9, ())


async def test_a_second_import_changes_neither_stock_nor_rows(shop: Shop) -> None:
    await shop.run(SHEET, *options(shop))
    await shop.sell("tee", 2, "M")
    before = await shop.offers()
    said = await shop.run(SHEET, *options(shop))
    assert said.out.startswith("0 added, 2 changed")
    assert await shop.offers() == before


@pytest.mark.parametrize(
    "sheet",
    [
        "sku,name,price,stock\ntee,Tee,1,1\n",
        "Handle,Title,Variant Price,Variant Inventory Qty\ntee,Tee,1,1\n",
    ],
)
async def test_a_sheet_without_a_column_for_pictures_leaves_those_that_are_there(
    shop: Shop, sheet: str
) -> None:
    await shop.run("sku,name,price,stock,images\ntee,Tea,2,1,tee.jpg\n", *options(shop))
    pictures = (await shop.offers())["tee"].images
    assert pictures
    assert (await shop.run(sheet)).out.startswith("0 added, 1 changed")
    tee = (await shop.offers())["tee"]
    assert (tee.name, tee.images) == ("Tee", pictures)


async def test_an_empty_cell_for_pictures_takes_them_away(shop: Shop) -> None:
    await shop.run("sku,name,price,stock,images\ntee,Tee,1,1,tee.jpg\n", *options(shop))
    await shop.run("sku,name,price,stock,images\ntee,Tee,1,1,\n", *options(shop))
    assert (await shop.offers())["tee"].images == ()


@pytest.mark.parametrize(
    ("sheet", "aliases"),
    [
        ("sku,name,price,stock\ntee,Tee,1,1\n", ("shirt",)),
        ("Handle,Title,Variant Price,Variant Inventory Qty\ntee,Tee,1,1\n", ("shirt",)),
        ("sku,name,price,stock,aliases\ntee,Tee,1,1,\n", ()),
    ],
)
async def test_aliases_stay_where_a_sheet_has_no_column_for_them_and_go_with_an_empty_cell(
    shop: Shop, sheet: str, aliases: tuple[str, ...]
) -> None:
    await shop.run("sku,name,price,stock,aliases\ntee,Tea,2,1,shirt\n", *options(shop))
    assert (await shop.run(sheet)).out.startswith("0 added, 1 changed")
    tee = (await shop.offers())["tee"]
    assert (tee.name, tee.aliases) == ("Tee", aliases)


async def test_the_stock_is_set_where_that_is_asked_for(shop: Shop) -> None:
    await shop.run(SHEET, *options(shop))
    await shop.sell("tee", 2, "M")
    await shop.run(SHEET.replace("T-S,4", "T-S,10"), *options(shop, "--set-stock"))
    tee = (await shop.offers())["tee"]
    assert ([each.stock for each in tee.variants], tee.stock) == ([3, 10], 13)


async def test_a_new_variant_brings_its_own_stock(shop: Shop) -> None:
    await shop.run(SHEET, *options(shop))
    await shop.sell("tee", 3)  # by a claim that named no variant
    await shop.run(SHEET.replace("mug,Mug", "tee,,,L,T-L,5,19.90,,\nmug,Mug"), *options(shop))
    tee = (await shop.offers())["tee"]
    assert ([each.stock for each in tee.variants], tee.stock) == ([5, 3, 4], 9)


async def test_pictures_that_lie_below_the_catalog_are_named_by_their_path(shop: Shop) -> None:
    Image.new("RGB", (32, 32)).save(shop.folder / "catalog" / "a.jpg")
    (shop.folder / "catalog" / "b.jpg").write_text("no picture")
    sheet = "sku,name,price,stock,images\nA,A,1,1,a.jpg|b.jpg|../sheet.csv\n"
    said = await shop.run(sheet, "--currency", "USD")
    assert (await shop.offers())["A"].images == ("a.jpg",)
    assert [line.split(": ")[2] for line in said.err.splitlines()] == [
        "b.jpg is no readable picture",
        "There is no picture at sheet.csv.",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "say with --currency"),
        (("--currency", "dollars"), "is no currency"),
        (("--currency", "USD", "--images", "/nowhere/at/all"), "There is no folder"),
    ],
)
async def test_what_can_be_mended_is_said_in_one_sentence(shop: Shop, given: Any, said: str) -> None:
    found = await shop.run(SHEET, *given)
    assert found.status == 1
    assert said in found.err
    assert "Traceback" not in found.err
    assert await shop.offers() == {}


async def test_the_catalog_is_listed_with_what_vision_has_seen(shop: Shop) -> None:
    await shop.run(SHEET, *options(shop))
    catalog = Catalog(shop.database)
    [tee] = [each for each in await catalog.products(shop.streamer, "model") if each.sku == "tee"]
    import numpy as np

    await catalog.store_embedding(tee, "model", np.ones((1, 4), np.float32))
    said = await tiktoksales("catalog", "list", shop.streamer, database_url=shop.url)
    [row] = [line for line in said.out.splitlines() if "Cotton Tee" in line]
    assert "M: 3, S: 4" in row
    assert "yes" in row
    assert "no pictures" in said.out
