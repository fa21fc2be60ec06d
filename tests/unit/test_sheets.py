"""Catalogs as people write them in spreadsheets."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.money import Money, exponent_of
from stages.sheets.amounts import UnreadableAmount, read_amount
from stages.sheets.columns import is_shopify
from stages.sheets.listing import Sheet
from stages.sheets.plain import read_plain
from stages.sheets.reading import UnreadableSheet, read_sheet
from stages.sheets.shopify import read_shopify
from stages.sheets.variant_names import respelt, variant_name
from stages.sheets.writing import write_sheet

SHOPIFY = """\
Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Qty,Variant Price,\
Image Src,Image Position,Status
tee,Cotton Tee,Size,Small,Color,Navy,T-NS,4,19.90,https://cdn.example/b.jpg?v=1,2,active
tee,,,Medium,,Navy,T-NM,3,19.90,https://cdn.example/a.jpg,1,
tee,,,2xl,,Light Blue,T-LX,-1,21.50,,,
tee,,,,,,,,,https://cdn.example/c.jpg,3,
mug,Mug,Title,Default Title,,,MUG-1,12,8,,,active
old,Old Thing,Title,Default Title,,,OLD,1,5,,,archived
bad,Bad Price,Title,Default Title,,,BAD,1,free,,,active
"""


def shopify(text: str, currency: str = "USD", default_stock: int | None = None) -> Sheet:
    rows = read_sheet(text.encode())
    assert is_shopify(rows)
    return read_shopify(rows, currency, default_stock)


def plain(text: str, currency: str = "USD") -> Sheet:
    rows = read_sheet(text.encode())
    assert not is_shopify(rows)
    return read_plain(rows, currency)


def test_the_rows_of_a_handle_are_one_product_with_its_variants_as_claims_spell_them() -> None:
    tee, mug = shopify(SHOPIFY).listings
    assert (tee.sku, tee.name, str(tee.price), tee.stock) == ("tee", "Cotton Tee", "$19.90", 7)
    assert [(each.name, each.stock, each.code) for each in tee.variants] == [
        ("navy / S", 4, "T-NS"),
        ("navy / M", 3, "T-NM"),
        ("light blue / 2XL", 0, "T-LX"),
    ]
    assert [each.price and str(each.price) for each in tee.variants] == [None, None, "$21.50"]
    assert [picture.name[-5:] for picture in tee.pictures] == ["a.jpg", "g?v=1", "c.jpg"]
    assert (mug.sku, mug.variants, mug.stock) == ("MUG-1", (), 12)


def test_what_is_archived_is_left_out_and_what_is_wrong_is_named_with_its_line() -> None:
    sheet = shopify(SHOPIFY)
    assert sheet.inactive == ("old",)
    assert [(row.line, row.reason) for row in sheet.refused] == [(8, "'free' is no price")]


def test_a_bad_variant_costs_its_siblings_nothing() -> None:
    sheet = shopify(SHOPIFY.replace("T-NM,3,19.90", "T-NM,many,19.90"))
    assert [each.name for each in sheet.listings[0].variants] == ["navy / S", "light blue / 2XL"]
    assert (sheet.refused[0].line, sheet.refused[0].reason) == (3, "'many' is no number of pieces")


def test_the_names_of_columns_since_2024_are_known() -> None:
    renamed = SHOPIFY.replace("Handle,", "URL handle,").replace("Variant SKU", "SKU")
    renamed = renamed.replace("Variant Inventory Qty", "Inventory quantity").replace("Variant Price", "Price")
    assert shopify(renamed.replace("Image Src", "Product image URL")) == shopify(SHOPIFY)


def test_an_empty_stock_is_refused_unless_a_default_is_given() -> None:
    text = SHOPIFY.replace("MUG-1,12,8", "MUG-1,,8")
    assert "the stock is empty" in shopify(text).refused[0].reason
    assert shopify(text, default_stock=5).listings[1].stock == 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_plain_sheet_is_read_in_any_usual_encoding_and_with_any_usual_delimiter(
    encoding: str, delimiter: str
) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(
        [["SKU", "Name ", "Price", "Stock", "Aliases"], ["B-1", 'Bolsó, "rojo"', "12,50 €", "3", "bag|bolsó"]]
    )
    [row] = read_sheet(written.getvalue().encode(encoding))
    [listing] = read_plain([row], "EUR").listings
    assert (listing.name, str(listing.price), listing.aliases) == (
        'Bolsó, "rojo"',
        "€12.50",
        ("bag", "bolsó"),
    )


def test_a_plain_sheet_may_have_a_row_for_each_variant() -> None:
    sheet = plain(
        "sku,name,price,currency,stock,variant,images\n"
        "J,Jacket,80,USD,2,Navy / m,a.jpg|b.jpg\nJ,,85,,1,navy/xxl,\nJ,,80,,1,NAVY / M,\nJ,,80,,1,,\nK,Kilt,9,EUR,1,,\n"
    )
    [jacket] = sheet.listings
    assert [(each.name, each.price and str(each.price)) for each in jacket.variants] == [
        ("navy / M", None),
        ("navy / 2XL", "$85.00"),
    ]
    assert (jacket.stock, [each.name for each in jacket.pictures]) == (3, ["a.jpg", "b.jpg"])
    assert [(row.line, row.reason.split(":")[0].split(",")[0]) for row in sheet.refused] == [
        (4, "the variant 'navy / M' of 'J' was there already"),
        (5, "the sku 'J' was on line 2 already"),
        (6, "the price is in EUR"),
    ]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "The file is empty"),
        (b"sku,name\nA,B\n", "has no column 'price'"),
        (b"sku,sku,name,price,stock\nA,A,B,1,1\n", "Two columns have the same name"),
        (b"sku,name,price,stock\n", "no rows"),
        (b'sku,name,price,stock\nA,"open,1,1\n', "is no CSV"),
        (b"\x00\x01PK\x03\x04", "is no text"),
    ],
)
def test_what_is_no_catalog_is_refused_with_what_to_do(raw: bytes, said: str) -> None:
    with pytest.raises(UnreadableSheet, match=said):
        is_shopify(read_sheet(raw))


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("79.99", "USD", 7999),
        ("$1,234.50", "USD", 123450),
        ("1.234,50", "EUR", 123450),
        ("12,5", "EUR", 1250),
        ("1,234", "USD", 123400),
        ("1 234,50 €", "EUR", 123450),
        ("1,234", "JPY", 1234),
        ("1200", "JPY", 1200),
        ("12.345", "KWD", 12345),
        ("0", "USD", 0),
        ("USD 5", "USD", 500),
    ],
)
def test_an_amount_is_read_as_it_was_meant(text: str, currency: str, minor: int) -> None:
    assert read_amount(text, currency) == Money(amount_minor=minor, currency=currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("-1", "USD"),
        ("1.999", "USD"),
        ("5.5", "JPY"),
        ("1,234", "KWD"),
        ("1e3", "USD"),
        ("nan", "USD"),
        ("", "USD"),
        ("٣", "USD"),
        ("12.345.678", "USD"),
        ("99999999999999", "USD"),
    ],
)
def test_an_amount_that_is_not_sure_is_refused(text: str, currency: str) -> None:
    with pytest.raises(UnreadableAmount):
        read_amount(text, currency)


@given(st.integers(0, 10**12), st.sampled_from(["USD", "JPY", "KWD"]))
def test_an_amount_as_it_is_written_is_read_again(minor: int, currency: str) -> None:
    money = Money(amount_minor=minor, currency=currency)
    assert read_amount(f"{money.major:.{exponent_of(currency)}f}", currency) == money


def test_a_variant_is_called_colour_and_then_size() -> None:
    assert variant_name([("Talla", "m"), ("Color", "Azul")]) == "azul / M"
    assert variant_name([("Title", "Default Title")]) is None
    assert variant_name([("Storage", "128gb"), ("Colour", "Black")]) == "black / 128GB"
    assert variant_name([("Size", "S/M")]) == "S-M"
    assert respelt("Navy / m") == "navy / M"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "  =", "＝"])
def test_what_a_spreadsheet_would_run_is_written_as_text(sign: str) -> None:
    written = write_sheet(["handle"], [[f"{sign}cmd|' /C calc'!A0"]])
    [_, [cell]] = csv.reader(io.StringIO(written))
    assert cell.startswith("'")


def test_numbers_and_what_is_missing_are_written_plainly() -> None:
    assert write_sheet(["a", "b", "c"], [[-5, None, "x,y"]]) == 'a,b,c\r\n-5,,"x,y"\r\n'
