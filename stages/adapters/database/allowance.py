"""What one buyer may claim: nothing where they are blocked, and not more than the limits against hoarding."""

from __future__ import annotations

from uuid import UUID

from schemas.records import MatchedComment
from stages.adapters.database.order_results import Blocked, OverLimit
from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules


async def refusal(
    connection: Connection,
    claim: MatchedComment,
    buyer: UUID,
    pieces: int,
    product_limit: int | None,
    rules: StockRules,
) -> Blocked | OverLimit | None:
    """Why the buyer may not have so many pieces; None where they may.

    The limit of unpaid pieces doesn't bind whose saved card is charged at once. The product's own limit counts what
    was bought, too, and binds everybody.
    """
    known = await connection.fetchrow(statement("stock/buyer"), buyer)
    if known and known["blocked"]:
        return Blocked()
    held = await connection.fetchrow(statement("stock/held"), buyer, claim.streamer, claim.product_id)
    assert held is not None  # noqa: S101 - a select of sums has one row
    if product_limit is not None and held["of_product"] + pieces > product_limit:
        return OverLimit(product_limit)
    pays_at_once = claim.viewer.verified and known is not None and known["has_card"]
    if not pays_at_once and held["unpaid"] + pieces > rules.buyer_unpaid_limit:
        return OverLimit(rules.buyer_unpaid_limit)
    return None
