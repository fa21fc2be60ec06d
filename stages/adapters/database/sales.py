"""What was sold since a moment, in sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement


@dataclass(frozen=True, slots=True)
class Sold:
    """Orders by status and currency; by currency what was paid and not given back, and what streamers earn, both in
    minor units."""

    orders: Mapping[tuple[str, str], int]
    net_minor: Mapping[str, int]
    earned_minor: Mapping[str, int]


class Sales:
    """Reads the sums by indexes, in time that grows with the orders since then, not with all there are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, moment: datetime) -> Sold:
        """Of the orders that were placed since then. Raises DatabaseUnavailable."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("sales/orders"), moment)
            earned = await connection.fetch(statement("sales/commissions"), moment)
        net_minor = dict.fromkeys((row["currency"] for row in rows), 0)
        for row in rows:
            net_minor[row["currency"]] += row["net_minor"]
        return Sold(
            orders={(row["status"], row["currency"]): row["orders"] for row in rows},
            net_minor=net_minor,
            earned_minor={row["currency"]: row["earned_minor"] for row in earned},
        )
