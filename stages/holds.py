"""Reminds of holds that run out, and gives back what was not paid in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from pipeline.rounds import Rounds
from stages.adapters.database.holds import Holds, OpenCheckout
from stages.adapters.payment_results import PaymentMisused

_BATCH = 50
_Fate: TypeAlias = Literal["dead", "paid", "unknown"]
_FATES: Mapping[str, _Fate] = {"expired": "dead", "complete": "paid"}


class Checkouts(Protocol):
    """Where pay links are ended: `stages.adapters.payments.StripePayments` in the product."""

    async def expire_checkout(self, session_id: str) -> str:
        """End a pay link; returns what the session then is: `expired` or `complete`."""
        ...


class HoldKeeper(Rounds):
    """An agent that looks after the holds every `every_seconds`. What `away` names is waited out: the holds stay as
    they are until the next round.

    The pay link is ended before the pieces are given away, so that nobody pays for what is gone. Where it was paid in
    the same moment, the order is left to the provider's event.
    """

    name = "holds"

    def __init__(
        self,
        holds: Holds,
        checkouts: Checkouts,
        *,
        now: Callable[[], datetime],
        remind_before_seconds: float,
        away: tuple[type[Exception], ...],
        every_seconds: float = 5.0,
    ) -> None:
        super().__init__(every_seconds=every_seconds, away=away, patience="the holds wait")
        self._holds, self._checkouts, self._now = holds, checkouts, now
        self._remind_before_seconds = remind_before_seconds

    async def round(self) -> bool:
        """Remind, end holds that have run out, and end the pay links of cancelled orders."""
        await self.look()
        return False

    async def look(self) -> int:
        """A round; returns how many orders were cancelled."""
        await self._holds.remind(self._now(), self._remind_before_seconds, _BATCH)
        expired = 0
        for hold in await self._holds.ended(self._now(), _BATCH):
            if await self._ended(hold) == "dead":
                expired += await self._holds.expire(hold.order_id, self._now())
        for hold in await self._holds.open_checkouts(_BATCH):
            if await self._ended(hold) != "unknown":
                await self._holds.end_checkout(hold.order_id, self._now())
        return expired

    async def _ended(self, hold: OpenCheckout) -> _Fate:
        """What its pay link is, once it was ended."""
        if hold.session_id is None:
            return "dead"
        try:
            status = await self._checkouts.expire_checkout(hold.session_id)
        except PaymentMisused as error:
            # One link that the provider doesn't know keeps only its own order.
            self._log.error("a pay link can't be ended", order=str(hold.order_id), error=str(error))
            return "unknown"
        return _FATES.get(status, "unknown")
