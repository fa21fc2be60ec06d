"""Where the shop wants to hear of its orders, and what became of each event that was sent there."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import asyncpg
import orjson

from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement
from stages.adapters.vault import Vault
from stages.mendable import Mendable

DeliveryStatus = Literal["waiting", "delivered", "dead"]
_PER_ENDPOINT = 4  # at once: one that is slow holds up nobody else


class UnknownEndpoint(Mendable):
    """There is no endpoint, delivery or streamer of this name; the message says which."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Hears of `events` (none: of all) of `streamer` (None: of all)."""

    id: UUID
    url: str
    events: tuple[str, ...]
    streamer: str | None
    created_at: datetime
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class TakenDelivery:
    """A delivery to be tried now, for the `attempts`-th time. `body` is the same in every attempt."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    event: str
    body: bytes
    attempts: int
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """A delivery as it stands."""

    id: UUID
    event_id: UUID
    event: str
    status: DeliveryStatus
    attempts: int
    due_at: datetime
    error: str | None
    created_at: datetime
    delivered_at: datetime | None
    url: str


class WebhookEndpoints:
    """Endpoints and deliveries in the database; the secrets lie there sealed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def register(self, url: str, events: Sequence[str], streamer: str | None) -> tuple[UUID, str]:
        """Add an endpoint. Returns its id and the secret that its deliveries are signed with. Raises UnknownEndpoint
        where nobody registered the streamer, and UnusableDataKeys."""
        endpoint_id, secret = uuid4(), f"whsec_{secrets.token_urlsafe(32)}"
        sealed = self._vault.seal(secret)
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    statement("webhooks/register"), endpoint_id, url, sealed, list(events), streamer
                )
        except asyncpg.ForeignKeyViolationError as error:
            raise UnknownEndpoint(
                f"There is no streamer {streamer!r}: `tiktoksales catalog import` registers them."
            ) from error
        return endpoint_id, secret

    async def endpoints(self) -> list[Endpoint]:
        """Those that listen, the oldest first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("webhooks/endpoints"))
        return [Endpoint(**{**dict(row), "events": tuple(row["events"])}) for row in rows]

    async def remove(self, endpoint_id: UUID, now: datetime) -> None:
        """It hears no more, also not what is still waiting for it. Raises UnknownEndpoint."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(statement("webhooks/remove"), endpoint_id, now) is None:
                raise UnknownEndpoint(f"No endpoint {endpoint_id} listens: see `tiktoksales webhooks list`.")

    async def take(
        self, now: datetime, until: datetime, limit: int, busy: Sequence[UUID]
    ) -> list[TakenDelivery]:
        """Up to `limit` deliveries that are due, none of them for `busy` endpoints; nobody else gets them before
        `until`. Raises UnusableDataKeys."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                statement("webhooks/take"), now, limit, until, _PER_ENDPOINT, list(busy)
            )
        return [self._taken(row) for row in rows]

    async def delivered(self, taken: TakenDelivery, now: datetime) -> None:
        """The endpoint took it."""
        async with self._database.transaction() as connection:
            await connection.execute(statement("webhooks/delivered"), taken.id, taken.attempts, now)

    async def failed(self, taken: TakenDelivery, error: str, due_at: datetime | None) -> None:
        """It did not; the next attempt is at `due_at`, None where there is none."""
        async with self._database.transaction() as connection:
            await connection.execute(statement("webhooks/failed"), taken.id, taken.attempts, error, due_at)

    async def deliveries(self, status: DeliveryStatus | None, limit: int) -> list[ListedDelivery]:
        """Deliveries, the newest first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("webhooks/deliveries"), status, limit)
        return [ListedDelivery(**dict(row)) for row in rows]

    async def redeliver(self, delivery_id: UUID, now: datetime) -> None:
        """Send it (again) as if it were new. Raises UnknownEndpoint."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(statement("webhooks/redeliver"), delivery_id, now) is None:
                raise UnknownEndpoint(
                    f"There is no delivery {delivery_id}, or its endpoint was removed: see `tiktoksales webhooks "
                    "deliveries`."
                )

    def _taken(self, row: asyncpg.Record) -> TakenDelivery:
        facts: dict[str, Any] = dict(row)
        payload = facts.pop("payload")
        facts["secret"] = self._vault.open(facts["secret"])
        return TakenDelivery(body=orjson.dumps(payload), **facts)
