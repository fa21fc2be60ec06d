"""Buyers who leave their phone, their consent and their card before they buy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from stages.adapters.database.buyers import buyer_id
from stages.adapters.database.consents import write_consent
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement
from stages.adapters.message_results import Channel
from stages.adapters.vault import Vault

SOURCE = "onboarding"


@dataclass(frozen=True, slots=True)
class OpenOnboarding:
    """A link that may still be used, and whose it is."""

    id: UUID
    buyer_id: UUID
    handle: str
    platform: str
    stripe_customer: str | None


@dataclass(frozen=True, slots=True)
class ClosedOnboarding:
    """A link that may not be used; `why` is said to whoever opens it."""

    why: str


@dataclass(frozen=True, slots=True)
class Reached:
    """How a buyer wants to be reached: for each channel that was offered, whether they agreed."""

    phone: str
    email: str | None
    consents: Mapping[Channel, bool]

    @property
    def channel(self) -> Channel | None:
        """The first one agreed to."""
        return next((channel for channel, agreed in self.consents.items() if agreed), None)


class Onboardings:
    """The links in the database. What a link changes is its own buyer's only."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def begin(self, platform: str, key: str, handle: str, expires_at: datetime) -> UUID:
        """A link for a buyer, who is made known where they weren't."""
        onboarding_id = uuid4()
        async with self._database.transaction() as connection:
            buyer = await connection.fetchval(
                statement("buyers/meet"), buyer_id(platform, key), platform, key, handle
            )
            await connection.execute(statement("onboardings/add"), onboarding_id, buyer, expires_at)
        return onboarding_id

    async def find(self, onboarding_id: UUID, now: datetime) -> OpenOnboarding | ClosedOnboarding:
        """The link as it stands."""
        async with self._database.transaction() as connection:
            return await _find(connection, onboarding_id, now)

    async def submit(
        self, onboarding_id: UUID, reached: Reached, now: datetime
    ) -> OpenOnboarding | ClosedOnboarding:
        """Keep phone and consents of the link's buyer, in one transaction. Raises UnusableDataKeys."""
        seal, index = self._vault.seal, self._vault.index
        async with self._database.transaction() as connection:
            await connection.execute(statement("onboardings/lock"), onboarding_id)
            found = await _find(connection, onboarding_id, now)
            if isinstance(found, ClosedOnboarding):
                return found
            await connection.execute(
                statement("onboardings/reach"),
                found.buyer_id,
                seal(reached.phone),
                index(reached.phone),
                reached.email and seal(reached.email),
                reached.email and index(reached.email),
                reached.channel,
            )
            for channel, agreed in reached.consents.items():
                await write_consent(connection, found.buyer_id, channel, granted=agreed, source=SOURCE)
            await connection.execute(statement("onboardings/submit"), onboarding_id, now)
            return found

    async def complete(self, onboarding_id: UUID, customer: str, payment_method: str, now: datetime) -> bool:
        """Keep the saved card of the link's buyer; the link is used up. False where it was before, or never was."""
        async with self._database.transaction() as connection:
            buyer = await connection.fetchval(statement("onboardings/complete"), onboarding_id, now)
            if buyer is None:
                return False
            saved = await connection.fetchval(
                statement("onboardings/save_card"), buyer, customer, payment_method
            )
            return saved is not None


async def _find(
    connection: Connection, onboarding_id: UUID, now: datetime
) -> OpenOnboarding | ClosedOnboarding:
    row = await connection.fetchrow(statement("onboardings/find"), onboarding_id)
    if row is None or row["is_closed"]:
        return ClosedOnboarding("This link is not valid.")
    if row["completed_at"] is not None:
        return ClosedOnboarding("This link was used: your card is saved.")
    if row["expires_at"] <= now:
        return ClosedOnboarding("This link has expired. Ask for a new one.")
    return OpenOnboarding(
        onboarding_id, row["buyer_id"], row["handle"], row["platform"], row["stripe_customer"]
    )
