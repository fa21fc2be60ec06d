"""Erases what the database knows of a viewer; what the books need stays, under nobody's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement
from stages.mendable import Mendable


class PaymentUnderWay(Mendable):
    """A buyer can't be erased while a card is being charged."""

    def __init__(self, orders: Sequence[str]) -> None:
        super().__init__(
            f"The payment of {', '.join(orders)} is under way: nothing was erased. Try again once it is paid, has a "
            "pay link, or is cancelled."
        )


class StillUnderWay(Mendable):
    """Comments of the viewer's are on their way: afterwards nobody would find what they have left."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} of their comments are still on their way: nothing was erased. Try again once they have ended, "
            "which takes seconds while all stages run."
        )


class NobodyKnown(Mendable):
    """Nobody of this name has bought or written."""

    def __init__(self, handle: str, platform: str | None) -> None:
        where = f" on {platform}" if platform else ""
        super().__init__(
            f"Nobody called {handle!r} has bought or written anything{where}: give the name as their comments show it."
        )


class SeveralKnown(Mendable):
    """The name is known on several platforms, where it may be different people's."""

    def __init__(self, handle: str, platforms: list[str]) -> None:
        super().__init__(
            f"{handle!r} is known on {', '.join(platforms)}, and those may be different people: say which one you mean "
            "by --platform."
        )


@dataclass(frozen=True, slots=True)
class Known:
    """Whom a platform knows by a name: the viewer's keys (the platform's ids; the name where none came), what the
    payment provider calls them, and the ids of their comments."""

    platform: str
    keys: tuple[str, ...]
    customers: tuple[str, ...]
    comments: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Erased:
    """How many buyers and comments were erased, and how many orders stay for the books."""

    buyers: int
    comments: int
    orders: int


class Forgetting:
    """The database's part in forgetting somebody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def platforms(self, handle: str) -> list[str]:
        """Where somebody of this name has bought or written."""
        async with self._database.transaction() as connection:
            return [
                row["platform"] for row in await connection.fetch(statement("forgetting/platforms"), handle)
            ]

    async def known(self, platform: str, handle: str) -> Known:
        """Who bears the name. Raises PaymentUnderWay."""
        async with self._database.transaction() as connection:
            keys = [
                row["key"] for row in await connection.fetch(statement("forgetting/keys"), platform, handle)
            ]
            rows = await connection.fetch(statement("forgetting/buyers"), platform, keys)
            await _require_rest(connection, [row["id"] for row in rows])
            comments = await connection.fetch(statement("forgetting/comment_ids"), platform, keys)
        return Known(
            platform,
            tuple(keys),
            tuple(row["stripe_customer"] for row in rows if row["stripe_customer"]),
            frozenset(row["id"] for row in comments),
        )

    async def erase(self, known: Known, now: datetime) -> Erased:
        """Erase them, all or nothing. Raises PaymentUnderWay."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("forgetting/buyers"), known.platform, list(known.keys))
            buyers = [row["id"] for row in rows]
            await _require_rest(connection, buyers)
            orders = [row["id"] for row in await connection.fetch(statement("forgetting/orders"), buyers)]
            comments = await connection.fetch(
                statement("forgetting/comments"), known.platform, list(known.keys)
            )
            await _erase_traces(connection, buyers, orders, [row["id"] for row in comments])
            await connection.execute(statement("forgetting/erase"), buyers, now)
        return Erased(len(buyers), len(comments), len(orders))

    async def ended(self, seqs: Sequence[str]) -> set[str]:
        """Which entries of the public stream have come to an end."""
        async with self._database.transaction() as connection:
            return {row["seq"] for row in await connection.fetch(statement("forgetting/ended"), list(seqs))}


async def _require_rest(connection: Connection, buyers: list[UUID]) -> None:
    unfinished = await connection.fetch(statement("forgetting/unfinished"), buyers)
    if unfinished:
        raise PaymentUnderWay([row["order_number"] for row in unfinished])


async def _erase_traces(
    connection: Connection, buyers: list[UUID], orders: list[UUID], comments: list[UUID]
) -> None:
    await connection.execute(statement("forgetting/claims"), comments)
    await connection.execute(statement("forgetting/outbox"), comments)
    await connection.execute(statement("forgetting/waitlist"), buyers)
    await connection.execute(statement("forgetting/messages"), buyers, orders)
    await connection.execute(statement("forgetting/attempts"), orders)
    await connection.execute(statement("forgetting/deliveries"), [str(order) for order in orders])
    await connection.execute(statement("forgetting/recipients"), [f"buyer/{buyer}" for buyer in buyers])
    await connection.execute(statement("forgetting/consents"), buyers)
