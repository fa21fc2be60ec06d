"""From a sheet to a catalog: what can be taken is taken, the rest is named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from stages.adapters.database.catalog import Catalog, Product, Streamer, product_id
from stages.adapters.database.offers import Offers, Variant
from stages.mendable import Mendable
from stages.sheets.columns import is_shopify
from stages.sheets.listing import Listing, RefusedRow, Sheet
from stages.sheets.pictures import Pictures
from stages.sheets.plain import read_plain
from stages.sheets.reading import read_sheet
from stages.sheets.shopify import read_shopify


class UnknownStreamer(Mendable):
    """Nobody registered this handle, or it sells in another currency; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many products were added and changed, which lines were refused, of which lines only a picture was, and which
    handles are not offered now."""

    added: int
    changed: int
    refused: tuple[RefusedRow, ...]
    missing: tuple[RefusedRow, ...]
    inactive: tuple[str, ...]


async def import_catalog(
    raw: bytes,
    streamer: Streamer,
    *,
    offers: Offers,
    pictures: Pictures,
    now: datetime,
    set_stock: bool = False,
    default_stock: int | None = None,
) -> ImportReport:
    """Take the products of a sheet (Shopify's or a plain one) into the streamer's catalog, each in a transaction of
    its own; a second import of the same sheet changes nothing, and one without a column for aliases or pictures leaves
    those that are there. Raises UnreadableSheet and UnusablePictures."""
    rows = read_sheet(raw)
    read = partial(read_shopify if is_shopify(rows) else read_plain, rows)
    sheet = read(streamer.currency, default_stock)
    counts, refused = {"added": 0, "changed": 0}, list(sheet.refused)
    missing: list[RefusedRow] = []
    for listing in _by_sku(sheet, refused):
        images, lacking = await pictures.place(listing.pictures)
        missing += lacking
        change = await offers.put(
            streamer.handle,
            _product(streamer.handle, listing, images),
            listing.stock,
            [Variant(each.name, each.stock, each.code, each.price) for each in listing.variants],
            set_stock=set_stock,
            now=now,
            keeps_aliases=not sheet.names_aliases,
            keeps_images=not sheet.names_pictures,
        )
        counts[change] += 1
    return ImportReport(counts["added"], counts["changed"], tuple(refused), tuple(missing), sheet.inactive)


async def streamer_of(catalog: Catalog, handle: str, currency: str | None) -> Streamer:
    """The streamer; a new one is registered where a currency is given. Raises UnknownStreamer."""
    known = await catalog.streamer(handle)
    if known is None:
        if currency is None:
            raise UnknownStreamer(
                f"No streamer {handle!r} is registered: say with --currency in which currency they sell, and they are."
            )
        if not re.fullmatch("[A-Z]{3}", currency):
            raise UnknownStreamer(
                f"{currency!r} is no currency: write its three letters (ISO 4217), such as USD."
            )
        known = Streamer(handle, handle, currency)
        await catalog.put_streamer(known)
    elif currency not in (None, known.currency):
        raise UnknownStreamer(
            f"{handle!r} sells in {known.currency}, not in {currency}: leave --currency out."
        )
    return known


def _by_sku(sheet: Sheet, refused: list[RefusedRow]) -> Sequence[Listing]:
    """The listings, of each sku the first."""
    found: dict[str, Listing] = {}
    for listing in sheet.listings:
        earlier = found.setdefault(listing.sku, listing)
        if earlier is not listing:
            reason = f"the sku {listing.sku!r} belongs to the product of line {earlier.line}"
            refused.append(RefusedRow(listing.line, reason))
    return list(found.values())


def _product(streamer: str, listing: Listing, images: tuple[str, ...]) -> Product:
    return Product(
        id=product_id(streamer, listing.sku),
        sku=listing.sku,
        name=listing.name,
        price=listing.price,
        images=images,
        aliases=listing.aliases,
    )
