"""Shopify's product CSV: the rows of one handle are a product, its variants and its pictures.

Source of the columns: help.shopify.com, "Using CSV files to import and export products".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from schemas.money import Money
from schemas.records import NAME_LIMIT
from stages.sheets.amounts import UnreadableAmount, read_amount
from stages.sheets.columns import listed, required, with_shopify_names
from stages.sheets.listing import (
    ListedPicture,
    ListedVariant,
    Listing,
    RefusedRow,
    RowRefused,
    Sheet,
    read_stock,
)
from stages.sheets.reading import SheetRow
from stages.sheets.variant_names import variant_name

_OFFERED = ("", "active")  # an older sheet has no column "status"
_Variant = tuple[ListedVariant, Money]


def read_shopify(rows: Sequence[SheetRow], currency: str, default_stock: int | None = None) -> Sheet:
    """The active products of Shopify's sheet, priced in `currency`. A product's sku is its variants', where all have
    the same one or there is one only; else it is the handle, and the variants' skus are their codes."""
    listings: list[Listing] = []
    refused: list[RefusedRow] = []
    inactive: list[str] = []
    seen: set[str] = set()
    for handle, of_handle in groupby(map(with_shopify_names, rows), key=lambda row: row["handle"]):
        product = list(of_handle)
        try:
            if handle in seen:
                raise RowRefused(f"the rows of {handle!r} must stand together")
            seen.add(required(product[0], "handle", NAME_LIMIT))
            if product[0]["status"].lower() not in _OFFERED:
                inactive.append(handle)
                continue
            listing, faults = _listing(product, currency, default_stock)
        except RowRefused as error:
            refused += [RefusedRow(row.line, str(error)) for row in product]
            continue
        refused += faults
        if listing:
            listings.append(listing)
    columns = with_shopify_names(rows[0]).cells
    return Sheet(
        tuple(listings),
        tuple(refused),
        tuple(inactive),
        names_aliases="aliases" in columns,
        names_pictures="image src" in columns,
    )


def _listing(
    rows: Sequence[SheetRow], currency: str, default_stock: int | None
) -> tuple[Listing | None, list[RefusedRow]]:
    first, variants, refused = rows[0], list[_Variant](), list[RefusedRow]()
    handle, name = first["handle"], required(first, "title", NAME_LIMIT)
    options = [first[f"option{number} name"] for number in (1, 2, 3)]
    for row in rows:
        try:
            if _holds_variant(row):
                variants.append(_variant(row, options, currency, default_stock, variants))
        except (RowRefused, UnreadableAmount) as error:
            refused.append(RefusedRow(row.line, str(error)))
    if not variants:
        return None, refused or [RefusedRow(first.line, f"{handle!r} has no price")]
    price, skus = variants[0][1], {variant.code for variant, _ in variants if variant.code}
    return Listing(
        first.line,
        skus.pop() if len(skus) == 1 else handle,
        name,
        price,
        sum(variant.stock for variant, _ in variants),
        tuple(_own(variant, its_price, price) for variant, its_price in variants if variant.name),
        listed(first["aliases"]),
        tuple(_pictures(rows)),
    ), refused


def _holds_variant(row: SheetRow) -> bool:
    return any(row[name] for name in ("variant price", "option1 value", "variant sku"))


def _variant(
    row: SheetRow,
    options: Sequence[str],
    currency: str,
    default_stock: int | None,
    others: Sequence[_Variant],
) -> _Variant:
    values = [row[f"option{number} value"] for number in (1, 2, 3)]
    name = variant_name(zip(options, values, strict=True)) or ""
    if name in {variant.name for variant, _ in others}:
        raise RowRefused(
            f"the variant {name!r} of {row['handle']!r} was there already"
            if name
            else "a second variant without options"
        )
    price = read_amount(required(row, "variant price", NAME_LIMIT), currency)
    stock = read_stock(row["variant inventory qty"], default_stock)
    return ListedVariant(name, stock, row["variant sku"] or None), price


def _own(variant: ListedVariant, price: Money, of_product: Money) -> ListedVariant:
    return ListedVariant(variant.name, variant.stock, variant.code, price if price != of_product else None)


def _pictures(rows: Sequence[SheetRow]) -> Iterator[ListedPicture]:
    """In the order of their positions, each once."""
    placed = [row for row in rows if row["image src"]]
    placed.sort(
        key=lambda row: int(row["image position"]) if row["image position"].isdecimal() else len(rows)
    )
    seen: set[str] = set()
    for row in placed:
        if row["image src"] not in seen:
            seen.add(row["image src"])
            yield ListedPicture(row.line, row["image src"])
