"""Payouts: which commissions are to be paid out, and which were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stages.adapters.database.ledger import Balance, balances, pay_out
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement
from stages.adapters.stripe_amounts import coarsest_step


@dataclass(frozen=True, slots=True)
class Payout:
    """An order's commission on its way to the streamer's connected account. The amount is in minor units."""

    order_id: UUID
    order_number: str
    streamer: str
    account: str
    amount_minor: int
    currency: str
    made_at: datetime


class Payouts:
    """The payouts in the database. Every change is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def want(self, now: datetime) -> int:
        """Write down what is payable by now, once for each order, as far as each streamer's payable balance covers it:
        what was paid out and refunded afterwards is set off first. Returns how many payouts."""
        async with self._database.transaction() as connection:
            earners = await connection.fetch(statement("payouts/earners"), now)
        wanted = 0
        for earner in earners:
            async with self._database.transaction() as connection:
                wanted += await _want_of(connection, earner["handle"], now)
        return wanted

    async def wanted(self, limit: int) -> list[Payout]:
        """Up to `limit` payouts that have not come about, the oldest first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("payouts/wanted"), limit)
        return [
            Payout(
                row["order_id"],
                row["order_number"],
                row["streamer"],
                row["account"],
                row["amount_minor"],
                row["currency"],
                row["created_at"],
            )
            for row in rows
        ]

    async def finish(self, payout: Payout, transfer_id: str, now: datetime) -> None:
        """The money went out: book it in the ledger, once."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(statement("payouts/finish"), payout.order_id, transfer_id, now):
                await pay_out(connection, payout.order_id, transfer_id, payout.amount_minor)

    async def refuse(self, payout: Payout, error: str) -> None:
        """Keep why a payout can't come about."""
        async with self._database.transaction() as connection:
            await connection.execute(statement("payouts/refuse"), payout.order_id, error)

    async def pay_to(self, streamer: str, account: str) -> bool:
        """Pay the streamer's commissions out to that connected account from now on. False where nobody knows the
        streamer."""
        async with self._database.transaction() as connection:
            return await connection.fetchval(statement("payouts/pay_to"), streamer, account) is not None


async def _want_of(connection: Connection, streamer: str, now: datetime) -> int:
    # Two keepers would each spend the same balance.
    account = await connection.fetchval(statement("payouts/lock_streamer"), streamer)
    left = {
        each.currency: await _spendable(connection, streamer, each)
        for each in await balances(connection, streamer, now)
    }
    wanted = 0
    for due in await connection.fetch(statement("payouts/due"), streamer, now):
        step = coarsest_step(due["currency"])
        amount = int(due["amount"]) // step * step
        if 0 < amount <= left[due["currency"]]:
            left[due["currency"]] -= amount
            await connection.execute(
                statement("payouts/want"), due["order_id"], streamer, account, amount, due["currency"], now
            )
            wanted += 1
    return wanted


async def _spendable(connection: Connection, streamer: str, balance: Balance) -> int:
    reserved = await connection.fetchval(statement("payouts/reserved"), streamer, balance.currency)
    return balance.payable_minor - int(reserved)
