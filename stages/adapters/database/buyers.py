"""Who buys: keyed by platform and the platform's id, or the handle where none is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pipeline.decision import derived_id
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement
from stages.adapters.vault import Vault


@dataclass(frozen=True, slots=True)
class Buyer:
    """`key` is the platform's id of the viewer or the handle; `channel` is whatsapp, sms or email;
    `stripe_customer` and `payment_method` name the saved card at the payment provider."""

    platform: str
    key: str
    handle: str
    phone: str | None = None
    channel: str | None = None
    stripe_customer: str | None = None
    payment_method: str | None = None
    email: str | None = None

    @property
    def id(self) -> UUID:
        """The buyer's id: the same wherever it is derived."""
        return buyer_id(self.platform, self.key)


@dataclass(frozen=True, slots=True)
class NamedBuyer:
    """A buyer as found by their handle."""

    platform: str
    key: str
    handle: str
    blocked_at: datetime | None


class Buyers:
    """The buyers in the database; phone numbers and e-mail addresses lie there sealed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def known(self, platform: str) -> set[str]:
        """Keys of the buyers known on a platform."""
        async with self._database.transaction() as connection:
            return {row["client_id"] for row in await connection.fetch(statement("buyers/known"), platform)}

    async def named(self, handle: str, platform: str | None = None) -> list[NamedBuyer]:
        """The buyers who bear this handle now, on all platforms or one."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("buyers/named"), handle, platform)
        return [NamedBuyer(r["platform"], r["client_id"], r["handle"], r["blocked_at"]) for r in rows]

    async def block(self, platform: str, key: str, since: datetime | None) -> None:
        """Block the viewer with this key from now on, bought before or not; or, with None, let them in again."""
        async with self._database.transaction() as connection:
            await connection.execute(statement("buyers/block"), platform, key, since, buyer_id(platform, key))

    async def put(self, buyer: Buyer) -> None:
        """Register a buyer, or change what is known of one. Raises UnusableDataKeys where something is to be sealed
        and there is no key."""
        async with self._database.transaction() as connection:
            await connection.execute(
                statement("buyers/put"),
                buyer.id,
                buyer.platform,
                buyer.key,
                buyer.handle,
                buyer.phone and self._vault.seal(buyer.phone),
                buyer.phone and self._vault.index(buyer.phone),
                buyer.email and self._vault.seal(buyer.email),
                buyer.email and self._vault.index(buyer.email),
                buyer.channel,
                buyer.stripe_customer,
                buyer.payment_method,
            )


def buyer_id(platform: str, key: str) -> UUID:
    """A buyer's id: the same wherever it is derived."""
    return derived_id(f"buyer/{len(platform)}:{platform}/{key}")
