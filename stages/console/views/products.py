"""What is sold, and what is left."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from stages.adapters.database.statements import statement
from stages.console.backstage import Backstage
from stages.console.views.amounts import shown
from stages.console.views.window import begin
from stages.ingest import UNPINNED

LIMIT = 200


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """Pieces `sold` and still `unpaid` in the window, `left` on the shelf, and `waiting` for a free one. `variants` are
    names with what is left of each."""

    sku: str
    name: str
    price: str
    sold: int
    unpaid: int
    left: int
    waiting: int
    variants: tuple[tuple[str, int], ...]
    is_on_screen: bool

    @property
    def pieces(self) -> int:
        """All that there were in the window: what the bar is measured by."""
        return self.sold + self.unpaid + self.left


@dataclass(frozen=True, slots=True)
class ProductsView:
    """By name, so that no row moves."""

    rows: tuple[ShownProduct, ...]
    sold_out: int


async def products_view(backstage: Backstage, streamer: str) -> ProductsView:
    """The first LIMIT products of a streamer."""
    now = backstage.now()
    async with backstage.reading(streamer) as connection:
        rows = await connection.fetch(statement("console/products"), streamer, begin(now), LIMIT)
        pinned = await connection.fetchval(statement("pins/latest"), streamer, now)
    on_screen = None if pinned == UNPINNED else pinned
    return ProductsView(
        tuple(_shown(row, on_screen) for row in rows), sum(1 for row in rows if not row["stock"])
    )


def _shown(row: asyncpg.Record, on_screen: str | None) -> ShownProduct:
    return ShownProduct(
        sku=row["sku"],
        name=row["name"],
        price=shown(row["price_minor"], row["currency"]),
        sold=row["sold"],
        unpaid=row["unpaid"],
        left=row["stock"],
        waiting=row["waiting"],
        variants=tuple((each["name"], each["stock"]) for each in row["variants"]),
        is_on_screen=row["sku"] == on_screen,
    )
