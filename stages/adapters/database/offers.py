"""What a streamer offers, as those who keep the shop write and read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pipeline.decision import derived_id
from schemas.money import Money
from stages.adapters.database.catalog import Product, put_product
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules
from stages.adapters.database.unlisted import serve_unlisted
from stages.adapters.database.waitlist import serve

Change = Literal["added", "changed"]


@dataclass(frozen=True, slots=True)
class Variant:
    """A colour, a size; `stock` is a part of the product's, `price` None where it costs what the product costs."""

    name: str
    stock: int
    code: str | None = None
    price: Money | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A product with what is left of it. `is_embedded`: the vision model has described its present pictures."""

    sku: str
    name: str
    price: Money
    stock: int
    variants: tuple[Variant, ...]
    aliases: tuple[str, ...]
    images: tuple[str, ...]
    is_embedded: bool


class Offers:
    """The products with variants and stock. A product's stock counts the pieces of all its variants."""

    def __init__(self, database: Database, rules: StockRules | None = None) -> None:
        self._database, self._rules = database, rules or StockRules()

    async def put(
        self,
        streamer: str,
        product: Product,
        stock: int,
        variants: Sequence[Variant],
        *,
        set_stock: bool,
        now: datetime,
        keeps_aliases: bool = False,
        keeps_images: bool = False,
    ) -> Change:
        """Add a product, or change one, in one transaction. What is there already keeps its stock, which counts what
        was sold, unless `set_stock`, with `keeps_aliases` its aliases and with `keeps_images` its pictures; a new
        variant brings its own stock, and the first ones replace the product's. Variants that are not named stay. Who
        waits for what is there now gets it in the same transaction."""
        async with self._database.transaction() as connection:
            added = await put_product(
                connection,
                streamer,
                product,
                stock,
                keeps_aliases=keeps_aliases,
                keeps_images=keeps_images,
            )
            await _put_variants(connection, product.id, stock, variants, set_stock=set_stock)
            await serve_unlisted(connection, streamer, product.id)  # the variants have codes, too
            await serve(connection, product.id, now, self._rules)
        return "added" if added else "changed"

    async def of(self, streamer: str) -> list[Offer]:
        """Everything that the streamer offers, by sku."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("catalog/offers"), streamer)
        return [
            Offer(
                row["sku"],
                row["name"],
                Money(amount_minor=row["price_minor"], currency=row["currency"]),
                row["stock"],
                tuple(_variant(each, row["currency"]) for each in row["variants"]),
                tuple(row["aliases"]),
                tuple(row["images"]),
                row["is_embedded"],
            )
            for row in rows
        ]


def variant_id(product_id: UUID, name: str) -> UUID:
    """A variant's id: the same wherever it is derived."""
    return derived_id(f"variant/{product_id}/{name}")


async def _put_variants(
    connection: Connection, product_id: UUID, stock: int, variants: Sequence[Variant], *, set_stock: bool
) -> None:
    """The variants, and what they make of the product's stock (see Offers.put)."""
    counted = await connection.fetchrow(statement("catalog/variant_stock"), product_id)
    new = [
        variant.stock
        for variant in variants
        if await _put_variant(connection, product_id, variant, set_stock=set_stock)
    ]
    if set_stock or (new and not counted):
        counted = await connection.fetchrow(statement("catalog/variant_stock"), product_id)
        await connection.execute(
            statement("catalog/set_stock"), product_id, counted["stock"] if counted else stock
        )
    elif new:
        await connection.execute(statement("catalog/add_stock"), product_id, sum(new))


async def _put_variant(
    connection: Connection, product_id: UUID, variant: Variant, *, set_stock: bool
) -> bool:
    """Whether it was added."""
    added: bool = await connection.fetchval(
        statement("catalog/put_variant"),
        variant_id(product_id, variant.name),
        product_id,
        variant.name,
        variant.code,
        variant.price.amount_minor if variant.price else None,
        variant.stock,
        set_stock,
    )
    return added


def _variant(found: dict[str, object], currency: str) -> Variant:
    price = found["price_minor"]
    return Variant(
        str(found["name"]),
        int(str(found["stock"])),
        str(found["code"]) if found["code"] is not None else None,
        Money(amount_minor=int(str(price)), currency=currency) if price is not None else None,
    )
