"""The figures of the evening."""

from __future__ import annotations

from dataclasses import dataclass

from stages.adapters.database.statements import statement
from stages.console.backstage import Backstage
from stages.console.views.amounts import shown
from stages.console.views.window import begin


@dataclass(frozen=True, slots=True)
class FiguresView:
    """Amounts by currency, the most first; `median_seconds` from message to order, None without an order."""

    comments: int
    buys: int
    orders: int
    paid: int
    revenue: tuple[str, ...]
    unpaid: tuple[str, ...]
    commission: tuple[str, ...]
    median_seconds: float | None
    slow_seconds: float | None


async def figures_view(backstage: Backstage, streamer: str) -> FiguresView:
    """The figures of a streamer's window."""
    since = begin(backstage.now())
    async with backstage.reading(streamer) as connection:
        counts = await connection.fetchrow(statement("console/comment_counts"), streamer, since)
        takings = await connection.fetch(statement("console/takings"), streamer, since)
        commission = await connection.fetch(statement("console/commission"), streamer, since)
        speed = await connection.fetchval(statement("console/speed"), streamer, since)
    assert counts is not None  # noqa: S101 - a select of counts has one row
    median, slow = (round(ms / 1000, 2) for ms in speed) if speed else (None, None)
    return FiguresView(
        comments=counts["comments"],
        buys=counts["buys"],
        orders=sum(row["orders"] for row in takings),
        paid=sum(row["paid"] for row in takings),
        revenue=tuple(shown(row["revenue"], row["currency"]) for row in takings if row["revenue"]),
        unpaid=tuple(shown(row["unpaid"], row["currency"]) for row in takings if row["unpaid"]),
        commission=tuple(shown(row["amount"], row["currency"]) for row in commission if row["amount"]),
        median_seconds=median,
        slow_seconds=slow,
    )
