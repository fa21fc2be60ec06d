"""Who buys: keyed by platform and the platform's id, or the handle where none is known."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pipeline.decision import derived_id
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement


@dataclass(frozen=True, slots=True)
class Buyer:
    """`key` is the platform's id of the viewer or the handle; `channel` is whatsapp or sms; `stripe_customer` and
    `payment_method` name the saved card at the payment provider."""

    platform: str
    key: str
    handle: str
    phone: str | None = None
    channel: str | None = None
    stripe_customer: str | None = None
    payment_method: str | None = None

    @property
    def id(self) -> UUID:
        """The buyer's id: the same wherever it is derived."""
        return buyer_id(self.platform, self.key)


class Buyers:
    """The buyers in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, platform: str) -> set[str]:
        """Keys of the buyers known on a platform."""
        async with self._database.transaction() as connection:
            return {row["client_id"] for row in await connection.fetch(statement("buyers/known"), platform)}

    async def put(self, buyer: Buyer) -> None:
        """Register a buyer, or change what is known of one."""
        async with self._database.transaction() as connection:
            await connection.execute(
                statement("buyers/put"),
                buyer.id,
                buyer.platform,
                buyer.key,
                buyer.handle,
                buyer.phone,
                buyer.channel,
                buyer.stripe_customer,
                buyer.payment_method,
            )


def buyer_id(platform: str, key: str) -> UUID:
    """A buyer's id: the same wherever it is derived."""
    return derived_id(f"buyer/{len(platform)}:{platform}/{key}")
