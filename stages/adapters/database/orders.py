"""Orders: placed once for each comment, moved forward only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from schemas.records import Cancellation, MatchedComment, PlacedOrder
from stages.adapters.database.cancelling import carry_out
from stages.adapters.database.order_results import (
    Blocked,
    Cancelled,
    Contested,
    NoSuchOrder,
    OrderPlacedMeanwhile,
    OverLimit,
    Refused,
    Retracted,
    SoldOut,
    TooOld,
    VariantNeeded,
)
from stages.adapters.database.order_rows import age_seconds, order_id, paid_order, placed_order
from stages.adapters.database.payments_of_orders import REFUND_WINDOW, PaymentsOfOrders
from stages.adapters.database.payments_together import Card
from stages.adapters.database.placing import place_claim
from stages.adapters.database.pool import Database
from stages.adapters.database.releasing import CancelledFor, cancel_order
from stages.adapters.database.reviving import revive
from stages.adapters.database.stock import StockRules
from stages.adapters.database.wholesale import Wanted, place_plain

__all__ = [
    "Blocked",
    "Card",
    "Contested",
    "NoSuchOrder",
    "OrderPlacedMeanwhile",
    "Orders",
    "OverLimit",
    "Retracted",
    "SoldOut",
    "StockRules",
    "TooOld",
    "VariantNeeded",
    "age_seconds",
    "order_id",
    "paid_order",
    "placed_order",
    "revive",
]


class Orders(PaymentsOfOrders):
    """The orders in the database. Every change is one transaction."""

    def __init__(
        self,
        database: Database,
        rules: StockRules | None = None,
        refund_window: timedelta = REFUND_WINDOW,
    ) -> None:
        super().__init__(database, rules or StockRules(), refund_window)

    async def place(
        self, match: MatchedComment, now: datetime, max_age_seconds: float, spare: int = 0
    ) -> PlacedOrder | Refused:
        """Order, stock, number and mapping in one transaction, where `spare` pieces are left then. Where fewer pieces
        are there than are claimed, the order is for those, and the rest waits. A comment whose order stands already
        gets that order; else one that Redis took more than `max_age_seconds` ago gets none. Raises
        OrderPlacedMeanwhile."""
        try:
            async with self._database.transaction() as connection:
                return await place_claim(connection, match, now, max_age_seconds, spare, self._rules)
        except asyncpg.UniqueViolationError as error:
            raise OrderPlacedMeanwhile(
                f"The order of comment {match.comment_id} was placed twice."
            ) from error

    async def place_plain(
        self, wanted: Sequence[Wanted], now: datetime, max_age_seconds: float
    ) -> dict[UUID, PlacedOrder]:
        """What `place` would do for each of those claims that are plain (see wholesale.place_plain), all in one
        transaction; by comment id. Nothing is done for the others."""
        async with self._database.transaction() as connection:
            return await place_plain(connection, wanted, now, max_age_seconds, self._rules)

    async def cancel_claim(self, cancellation: Cancellation, now: datetime) -> Cancelled:
        """Release the viewer's newest unpaid claim under the streamer (with a code: on what is called so), or the
        comment that was retracted. Pieces go back, who waits is served, the buyer is told.

        What a verified comment claimed only a verified one releases: nobody cancels in another viewer's name. Once
        for each cancellation, however often it is delivered.
        """
        async with self._database.transaction() as connection:
            return await carry_out(connection, cancellation, now, self._rules)

    async def cancel(self, order_id: UUID, reason: CancelledFor, now: datetime) -> bool:
        """Cancel one unpaid order; its pieces go back, who waits is served, the buyer is told. False where it is not
        there, or no longer unpaid; with `hold expired` also where its hold has not run out."""
        async with self._database.transaction() as connection:
            return await cancel_order(connection, order_id, reason, now, self._rules) is not None

    async def revive(self, order_id: UUID, now: datetime) -> bool:
        """See `revive`."""
        async with self._database.transaction() as connection:
            return await revive(connection, order_id, now, self._rules)
