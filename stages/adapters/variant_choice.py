"""Which variant of a product a comment claims, and which claim code no product has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stages.adapters.database.catalog import Product, ShelfVariant
from stages.adapters.slots import parse_slots


@dataclass(frozen=True, slots=True)
class VariantUnclear:
    """The product is sold in variants, and the comment names none of them, or one that there isn't."""

    named: str | None


def choose_variant(message: str, variants: Sequence[ShelfVariant]) -> ShelfVariant | VariantUnclear | None:
    """The variant that a comment claims; None where the product has none.

    A variant's own code names it, then its name, in any order and with a part left out where that leaves one. Who names
    none gets the only one that there is, or the only one that is left; nothing is guessed besides.
    """
    if not variants:
        return None
    by_code = {variant.code: variant for variant in variants if variant.code}
    by_name = {variant.name: variant for variant in variants}
    slots = parse_slots(message, list(by_name), list(by_code))
    if slots.code in by_code:
        return by_code[slots.code]
    if slots.variant is not None:
        return by_name.get(slots.variant) or VariantUnclear(slots.variant)
    if len(variants) == 1:
        return variants[0]
    left = [variant for variant in variants if variant.stock]
    return left[0] if len(left) == 1 else VariantUnclear(None)


def unlisted_code(code: str | None, products: Iterable[Product]) -> str | None:
    """The bare form of a claim code that no product has; None where one has it, or where it may be none: a number
    counts as a code only under a streamer who numbers the products."""
    if code is None:
        return None
    bare = bare_code(code)
    listed = {bare_code(each) for product in products for each in _codes(product)}
    if bare in listed or (bare.isdigit() and not any(each.isdigit() for each in listed)):
        return None
    return bare


def bare_code(code: str) -> str:
    """A claim code as it is compared, here and in the database.

    >>> bare_code("a-03"), bare_code("#A3"), bare_code("100")
    ('A3', 'A3', '100')
    """
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", re.sub(r"[\W_]", "", code).upper())


def _codes(product: Product) -> Iterable[str]:
    yield product.sku
    yield from product.aliases
    yield from (variant.code for variant in product.variants if variant.code)
