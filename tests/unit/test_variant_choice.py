"""Which variant a comment claims, and which code no product has."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest

from schemas.money import Money
from stages.adapters.database.catalog import Product, ShelfVariant
from stages.adapters.variant_choice import VariantUnclear, choose_variant, unlisted_code

PRICE = Money(amount_minor=1000, currency="USD")


def variant(name: str, stock: int = 3, code: str | None = None) -> ShelfVariant:
    return ShelfVariant(uuid5(NAMESPACE_URL, name), name, code, None, stock)


SHIRT = (variant("navy / S"), variant("navy / M"), variant("red / M"), variant("red / 2XL", code="A7"))


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("navy M please", "navy / M"),
        ("mine, M navy", "navy / M"),
        ("2XL!", "red / 2XL"),
        ("me llevo dos, small", "navy / S"),
        ("A7 mine", "red / 2XL"),
    ],
)
def test_a_variant_is_known_by_its_name_its_parts_or_its_code(message: str, name: str) -> None:
    chosen = choose_variant(message, SHIRT)
    assert isinstance(chosen, ShelfVariant)
    assert chosen.name == name


@pytest.mark.parametrize(
    ("message", "named"),
    [("mine!", None), ("M please", "M"), ("navy please", "navy"), ("green XS", "green / XS")],
    ids=["none named", "two of this size", "two of this colour", "not sold"],
)
def test_nothing_is_guessed(message: str, named: str | None) -> None:
    assert choose_variant(message, SHIRT) == VariantUnclear(named)


def test_who_names_none_gets_the_only_one_that_is_left() -> None:
    left = variant("L", stock=1)
    assert choose_variant("mine!", (variant("S", stock=0), left)) is left
    assert choose_variant("mine!", (variant("S", stock=0), variant("L", stock=0))) == VariantUnclear(None)
    only = variant("one size", stock=0)
    assert choose_variant("mine!", (only,)) is only


def test_a_product_without_variants_needs_none() -> None:
    assert choose_variant("navy M", ()) is None


def product(sku: str, *aliases: str, variants: tuple[ShelfVariant, ...] = ()) -> Product:
    return Product(uuid4(), sku, sku, PRICE, images=(), aliases=aliases, variants=variants)


@pytest.mark.parametrize(
    ("code", "waits_for"),
    [
        (None, None),
        ("A03", None),
        ("a-3", None),
        ("C8", None),
        ("A7", None),
        ("B9", "B9"),
        ("B09", "B9"),
        ("12", None),  # "12 please" under a streamer who has no numbers
    ],
)
def test_a_code_waits_where_no_product_has_it(code: str | None, waits_for: str | None) -> None:
    listed = [product("A03", "C-8"), product("SHIRT", variants=SHIRT)]
    assert unlisted_code(code, listed) == waits_for


def test_a_number_is_a_code_where_products_are_numbered() -> None:
    assert unlisted_code("12", [product("11")]) == "12"
    assert unlisted_code("12", [product("012")]) is None
