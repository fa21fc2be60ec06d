"""Stock: pieces of a product, or of one of its variants, under the lock of the product's row."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement


@dataclass(frozen=True, slots=True)
class StockRules:
    """`hold_seconds`: how long an unpaid order keeps its pieces. `buyer_unpaid_limit`: pieces that one buyer may hold
    unpaid under a streamer. `waitlist`: whether a claim waits where nothing is left; a place is good for
    `waitlist_seconds` since the comment came."""

    hold_seconds: float = 1800.0
    buyer_unpaid_limit: int = 10
    waitlist: bool = True
    waitlist_seconds: float = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is: `left` pieces of what was asked for, `of_product` of all variants together. `buyer_limit` is the
    product's own. `lacks_variant`: it is sold in variants, and none that it has was asked for."""

    left: int
    of_product: int
    buyer_limit: int | None
    lacks_variant: bool


async def lock_stock(connection: Connection, product_id: UUID, variant_id: UUID | None) -> Stock | None:
    """The stock, which nobody else moves until the transaction ends; None where there is no such product.

    Whoever locks stock and orders in one transaction locks the stock first, or two of them may block each other.
    """
    product = await connection.fetchrow(statement("stock/lock_product"), product_id)
    if product is None:
        return None
    of_variant = (
        await connection.fetchval(statement("stock/lock_variant"), product_id, variant_id)
        if variant_id
        else None
    )
    return Stock(
        left=product["stock"] if of_variant is None else min(of_variant, product["stock"]),
        of_product=product["stock"],
        buyer_limit=product["buyer_limit"],
        lacks_variant=product["has_variants"] and of_variant is None,
    )


async def move_stock(connection: Connection, product_id: UUID, variant_id: UUID | None, pieces: int) -> None:
    """Add pieces to the stock, or with a negative number take some. The caller holds the stock's lock."""
    await connection.execute(statement("stock/move_product"), product_id, pieces)
    if variant_id:
        await connection.execute(statement("stock/move_variant"), variant_id, pieces)
