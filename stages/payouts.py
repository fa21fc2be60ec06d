"""Pays out what the streamers have earned, an order at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from stages.adapters.database.payouts import Payout, Payouts
from stages.adapters.payments import PaymentUnavailable
from stages.adapters.transfers import NotEnoughFunds, Transfers, UnusableAccount

_log = structlog.get_logger()

_BATCH = 50
_REMEMBERED_SECONDS = 23 * 3600.0  # Stripe keeps idempotency keys for a day at least


@dataclass(frozen=True, slots=True)
class PayingOut:
    """Transfers payable commissions to the streamers' accounts, each order's once (key `transfer:{order}`).

    What the provider could not answer, or the balance does not cover, is tried again in a later round. A server error
    stays with its key for a day; afterwards the transfers that stand are looked through before one is made.
    """

    payouts: Payouts
    transfers: Transfers
    now: Callable[[], datetime]

    async def round(self) -> int:
        """Write down what is payable, and pay it. Returns how many transfers were made. Raises PaymentMisused."""
        await self.payouts.want(self.now())
        made = 0
        for payout in await self.payouts.wanted(_BATCH):
            made += await self._pay(payout)
        return made

    async def _pay(self, payout: Payout) -> bool:
        try:
            transfer_id = await self._find_or_send(payout)
        except UnusableAccount as error:
            _log.error("a streamer can't be paid out", streamer=payout.streamer, error=str(error))
            await self.payouts.refuse(payout, str(error))
            return False
        except (NotEnoughFunds, PaymentUnavailable) as error:
            _log.warning("a payout waits", order=payout.order_number, error=str(error))
            return False
        await self.payouts.finish(payout, transfer_id, self.now())
        return True

    async def _find_or_send(self, payout: Payout) -> str:
        key = f"transfer:{payout.order_id}"
        age_seconds = (self.now() - payout.made_at).total_seconds()
        try:
            found = await self._find(payout) if age_seconds > _REMEMBERED_SECONDS else None
            return found or await self.transfers.send(
                payout.amount_minor, payout.currency, payout.account, payout.order_number, key
            )
        except PaymentUnavailable as error:
            found = await self._find(payout) if error.reason == "server_error" else None
            if found is None:
                raise
            return found

    async def _find(self, payout: Payout) -> str | None:
        return await self.transfers.find(payout.account, payout.order_number)
