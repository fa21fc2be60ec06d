"""A cancelled order that was paid all the same stands up again, where its pieces are still there."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules, lock_stock, move_stock


async def revive(connection: Connection, order_id: UUID, now: datetime, rules: StockRules) -> bool:
    """A cancelled order was paid all the same: take its pieces again and let it await its payment, in the caller's
    transaction, which has not locked the order yet. False, and nothing changed, where the pieces are gone or the order
    isn't cancelled: the money goes back then."""
    order = await connection.fetchrow(statement("orders/pieces_of"), order_id)
    if order is None:
        return False
    stock = await lock_stock(connection, order["product_id"], order["variant_id"])
    if stock is None or stock.lacks_variant or stock.left < order["quantity"]:
        return False
    until = now + timedelta(seconds=rules.hold_seconds)
    if await connection.fetchval(statement("orders/revive"), order_id, until) is None:
        return False
    await move_stock(connection, order["product_id"], order["variant_id"], -order["quantity"])
    return True
