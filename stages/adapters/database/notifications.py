"""Messages to buyers and streamers: each claimed before it is sent, and settled once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pipeline.decision import derived_id
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement

Recipient = Literal["buyer", "streamer"]
Status = Literal["claimed", "sent", "undeliverable", "uncertain", "console"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody wants messages: a phone number (E.164) and whatsapp or sms."""

    phone: str
    channel: Literal["whatsapp", "sms"]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an order's buyer and streamer are reached; None where no message may be sent."""

    buyer: Address | None
    streamer: Address | None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one message. `fresh`: made just now; otherwise somebody claimed it before, and `status`
    tells how far that went. The right ends at `until`: whoever was held up past it must not send."""

    id: UUID
    status: Status
    until: datetime
    fresh: bool
    made_at: datetime
    message_sid: str | None = None


class Notifications:
    """The rows of payment_notifications."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def addresses(self, order_id: UUID) -> Addresses:
        """Where the order's buyer and streamer are reached."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("notifications/addresses"), order_id)
        if row is None:
            return Addresses(None, None)
        return Addresses(
            _address(row["buyer_phone"], row["buyer_channel"]),
            _address(row["streamer_phone"], row["streamer_channel"]),
        )

    async def claim(
        self, order_id: UUID, recipient: Recipient, kind: str, channel: str, body: str, until: datetime
    ) -> Claim:
        """Claim the message `kind` of an order to a recipient, or learn who did."""
        new_id = derived_id(f"notification/{order_id}/{recipient}/{kind}")
        async with self._database.transaction() as connection:
            made = await connection.fetchrow(
                statement("notifications/claim"), new_id, order_id, recipient, channel, kind, body, until
            )
            if made:
                return Claim(made["id"], "claimed", until, True, made["created_at"])
            row = await connection.fetchrow(statement("notifications/by_key"), order_id, recipient, kind)
            assert row is not None  # noqa: S101 - the insert above met it, and these rows are never deleted
            return Claim(
                row["id"],
                row["status"],
                row["claimed_until"],
                False,
                row["created_at"],
                row["message_sid"],
            )

    async def reclaim(self, claim: Claim, until: datetime) -> Claim | None:
        """Take over a claim that ran out. None where somebody else was faster."""
        async with self._database.transaction() as connection:
            taken = await connection.fetchval(
                statement("notifications/reclaim"), claim.id, claim.until, until
            )
        return Claim(claim.id, "claimed", until, True, claim.made_at) if taken else None

    async def record(
        self, claim: Claim, status: Status, *, message_sid: str | None = None, error_code: str | None = None
    ) -> None:
        """How it ended."""
        async with self._database.transaction() as connection:
            await connection.execute(
                statement("notifications/record"), claim.id, status, message_sid, error_code
            )


def _address(phone: str | None, channel: str | None) -> Address | None:
    if not phone or channel not in ("whatsapp", "sms"):
        return None
    return Address(phone, "whatsapp" if channel == "whatsapp" else "sms")
