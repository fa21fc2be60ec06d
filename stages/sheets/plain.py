"""The plain sheet: sku, name, price, stock, and if wanted currency, variant, code, aliases, images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from schemas.records import NAME_LIMIT
from stages.sheets.amounts import UnreadableAmount, read_amount
from stages.sheets.columns import listed, required
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
from stages.sheets.variant_names import respelt


@dataclass(slots=True)
class _Reading:
    currency: str
    default_stock: int | None
    listings: dict[str, Listing] = field(default_factory=dict)


def read_plain(rows: Sequence[SheetRow], currency: str, default_stock: int | None = None) -> Sheet:
    """The products of a plain sheet; a row each, or a row for each variant with the same sku, whose first row says
    name and price. Prices are in `currency`, which the column of that name may repeat but not change."""
    reading, refused = _Reading(currency, default_stock), []
    for row in rows:
        try:
            _read(reading, row)
        except (RowRefused, UnreadableAmount) as error:
            refused.append(RefusedRow(row.line, str(error)))
    return Sheet(
        tuple(reading.listings.values()),
        tuple(refused),
        names_aliases="aliases" in rows[0].cells,
        names_pictures="images" in rows[0].cells,
    )


def _read(reading: _Reading, row: SheetRow) -> None:
    sku = required(row, "sku", NAME_LIMIT)
    if row["currency"] and row["currency"].upper() != reading.currency:
        raise RowRefused(f"the price is in {row['currency']}, but this streamer sells in {reading.currency}")
    price = read_amount(required(row, "price", NAME_LIMIT), reading.currency)
    stock = read_stock(row["stock"], reading.default_stock)
    variant = respelt(row["variant"]) if row["variant"] else None
    known = reading.listings.get(sku)
    pictures = tuple(ListedPicture(row.line, name) for name in listed(row["images"]))
    if known is None:
        listing = Listing(
            row.line,
            sku,
            required(row, "name", NAME_LIMIT),
            price,
            stock,
            aliases=listed(row["aliases"]),
            pictures=pictures,
        )
        if variant:
            listing = replace(listing, variants=(ListedVariant(variant, stock, row["code"] or None),))
        reading.listings[sku] = listing
        return
    if variant is None or not known.variants:
        raise RowRefused(f"the sku {sku!r} was on line {known.line} already: only variants of it may follow")
    if variant in {each.name for each in known.variants}:
        raise RowRefused(f"the variant {variant!r} of {sku!r} was there already")
    own = ListedVariant(variant, stock, row["code"] or None, price if price != known.price else None)
    reading.listings[sku] = replace(
        known,
        stock=known.stock + stock,
        variants=(*known.variants, own),
        pictures=known.pictures + pictures,
    )
