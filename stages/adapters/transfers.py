"""Transfers of commissions to the streamers' connected accounts at Stripe."""

from __future__ import annotations

from stages.adapters.payment_results import PaymentMisused
from stages.adapters.stripe_account import StripeAccount
from stages.adapters.stripe_amounts import stripe_amount

# The order's account can't receive, or is none: no repetition mends it.
_UNUSABLE = ("resource_missing", "insufficient_capabilities_for_transfer", "account_invalid")


class UnusableAccount(Exception):
    """The connected account can't be paid out to."""


class NotEnoughFunds(Exception):
    """The platform's balance does not cover the transfer: later it may."""


class Transfers:
    """Makes transfers from one Stripe account. All calls raise PaymentUnavailable and PaymentMisused."""

    def __init__(self, account: StripeAccount) -> None:
        self._transfers, self._call = account.client.v1.transfers, account.call

    async def send(self, amount_minor: int, currency: str, account: str, group: str, key: str) -> str:
        """Transfer that much; `group` is the order's number. Returns the transfer's id. Raises UnusableAccount and
        NotEnoughFunds."""
        try:
            async with self._call():
                made = await self._transfers.create_async(
                    {
                        "amount": stripe_amount(amount_minor, currency),
                        "currency": currency.lower(),
                        "destination": account,
                        "transfer_group": group,
                        "metadata": {"order_id": group},
                    },
                    {"idempotency_key": key},
                )
        except PaymentMisused as error:
            if error.code in _UNUSABLE:
                raise UnusableAccount(str(error)) from error
            if error.code == "balance_insufficient":
                raise NotEnoughFunds(str(error)) from error
            raise
        return made.id

    async def find(self, account: str, group: str) -> str | None:
        """The transfer that was made to an account for an order, or None."""
        async with self._call():
            found = await self._transfers.list_async({"destination": account, "transfer_group": group})
        return found.data[0].id if found.data else None
