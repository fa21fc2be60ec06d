"""Messages to buyers and streamers: each claimed before it is sent, and settled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

import asyncpg

from pipeline.decision import derived_id
from schemas.codec import encode
from schemas.records import News, PaidOrder
from stages.adapters.database.consents import write_consent
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.shared import Shared
from stages.adapters.database.statements import statement
from stages.adapters.message_results import CHANNELS, Channel
from stages.adapters.vault import Vault

Recipient = Literal["buyer", "streamer"]
Status = Literal["claimed", "sent", "delivered", "read", "undeliverable", "uncertain", "console"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody wants messages: a phone number (E.164) or an e-mail address, and the channel."""

    to: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a buyer and a streamer are reached, in the order in which it is tried; empty where no message may be sent.
    `from_waitlist`: the buyer had to wait for the order's pieces."""

    buyer: tuple[Address, ...] = ()
    streamer: tuple[Address, ...] = ()
    buyer_id: UUID | None = None
    from_waitlist: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before a channel is chosen. `subject` is what it is about: an order, or the event behind a news; there
    is one message of a kind for each subject and recipient. `record` is what it came of."""

    subject: UUID
    recipient: Recipient
    kind: str
    body: str
    record: PaidOrder | News
    buyer_id: UUID | None = None

    @property
    def whom(self) -> str:
        """Who gets it, under a name that tells nothing about them."""
        return f"buyer/{self.buyer_id}" if self.recipient == "buyer" else f"streamer/{self.record.streamer}"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one message. `fresh`: made just now; otherwise somebody claimed it before, and `status`
    tells how far that went, on `channel`. The right ends at `until`: whoever was held up past it must not send.
    `template` is the ContentSid that it was claimed with, `attempts` how often it was sent, this time included."""

    id: UUID
    status: Status
    until: datetime
    fresh: bool
    made_at: datetime
    channel: str
    template: str | None = None
    attempts: int = 1
    message_sid: str | None = None


@dataclass(frozen=True, slots=True)
class OverLimit:
    """As many recipients as allowed have had a WhatsApp message today, and this is another; nothing was claimed."""


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """At most `recipients` different ones get WhatsApp messages on `day` (UTC)."""

    day: datetime
    recipients: int


class Notifications:
    """The rows of payment_notifications."""

    def __init__(self, database: Database, vault: Vault | None = None) -> None:
        self._database = database
        self._vault = vault or Vault(())
        self._addresses = Shared(self._addresses_of)
        self._insert = Shared(self._insert_all)
        self._record = Shared(self._record_all)

    async def addresses(self, order_id: UUID) -> Addresses:
        """Where the order's buyer and streamer are reached. Raises UnusableDataKeys."""
        row = await self._addresses(order_id)
        if row is None:
            return Addresses()
        # A streamer asked for one channel; the shop's own people need no consent.
        streamer = self._reached(row["streamer_phone"], None, {}, row["streamer_channel"])
        return Addresses(self._of_buyer(row), streamer, row["buyer_id"], row["from_waitlist"])

    async def addresses_of_buyer(self, buyer_id: UUID) -> Addresses:
        """Where a buyer is reached. Raises UnusableDataKeys."""
        async with self._database.autocommit() as connection:
            row = await connection.fetchrow(statement("notifications/addresses_of_buyer"), buyer_id)
        return Addresses(self._of_buyer(row), (), buyer_id) if row else Addresses(buyer_id=buyer_id)

    def _of_buyer(self, row: asyncpg.Record) -> tuple[Address, ...]:
        consents = row["consents"] or {}
        return self._reached(row["buyer_phone"], row["buyer_email"], consents, row["buyer_channel"])

    def _reached(
        self, phone: str | None, email: str | None, consents: Mapping[str, bool], registered: str | None
    ) -> tuple[Address, ...]:
        """The channels that were agreed to; whoever registered with one has agreed to it until they say otherwise."""
        sealed = {"whatsapp": phone, "sms": phone, "email": email}
        agreed = (channel for channel in CHANNELS if consents.get(channel, channel == registered))
        return tuple(Address(self._vault.open(to), channel) for channel in agreed if (to := sealed[channel]))

    async def claim(
        self,
        draft: Draft,
        channel: str,
        until: datetime,
        *,
        template: str | None = None,
        limit: DailyLimit | None = None,
    ) -> Claim | OverLimit:
        """Claim the message for a channel, or learn how far it is, there or on another channel.

        Of a message that the provider did not refuse there is one claim, whatever its channel. `limit` counts the
        recipient of a claim that is made now.
        """
        row = _claim_row(draft, channel, until, template)
        if limit is None and (made_at := await self._insert(row)):
            return Claim(row[0], "claimed", until, True, made_at, channel, template)
        try:
            async with self._database.transaction() as connection:
                while True:
                    claim = await _insert(connection, row)
                    if claim and limit:
                        await _admit(connection, draft.whom, limit)
                    # What stood in the way may be refused by now, on its channel: then this one is open.
                    if found := claim or await _standing(connection, draft, channel):
                        return found
        except _FullDay:
            return OverLimit()

    async def reclaim(self, claim: Claim, until: datetime) -> Claim | None:
        """Take over a claim that ran out. None where somebody else was faster."""
        async with self._database.autocommit() as connection:
            attempts = await connection.fetchval(
                statement("notifications/reclaim"), claim.id, claim.until, until
            )
        if attempts is None:
            return None
        return Claim(claim.id, "claimed", until, True, claim.made_at, claim.channel, claim.template, attempts)

    async def record(
        self,
        claim: Claim,
        status: Status,
        *,
        message_sid: str | None = None,
        error_code: str | None = None,
        withdrawn: tuple[UUID, str] | None = None,
    ) -> None:
        """How it ended. `withdrawn` names the buyer who, by this, wants no more on this channel, and how that was
        said."""
        row = (claim.id, status, message_sid, error_code)
        if withdrawn is None:
            await self._record(row)
            return
        buyer_id, source = withdrawn
        async with self._database.transaction() as connection:
            await connection.execute(statement("notifications/record"), *_columns([row]))
            await write_consent(connection, buyer_id, claim.channel, granted=False, source=source)

    async def _addresses_of(self, order_ids: Sequence[UUID]) -> list[asyncpg.Record | None]:
        async with self._database.autocommit() as connection:
            rows = await connection.fetch(statement("notifications/addresses"), list(order_ids))
        found = {row["order_id"]: row for row in rows}
        return [found.get(each) for each in order_ids]

    async def _insert_all(self, rows: Sequence[_Row]) -> list[datetime | None]:
        """When each claim was made; None for what somebody has claimed before, in these rows too."""
        async with self._database.autocommit() as connection:
            made = await connection.fetch(statement("notifications/claim"), *_columns(rows))
        # Each is given once: of two who claim the same message only one may send it.
        fresh = {row["id"]: row["created_at"] for row in made}
        return [fresh.pop(row[0], None) for row in rows]

    async def _record_all(self, rows: Sequence[_Row]) -> list[None]:
        async with self._database.autocommit() as connection:
            await connection.execute(statement("notifications/record"), *_columns(rows))
        return [None] * len(rows)


_Row: TypeAlias = tuple[Any, ...]


class _FullDay(Exception):
    """Takes the claim back."""


async def _insert(connection: Connection, row: _Row) -> Claim | None:
    made = await connection.fetchrow(statement("notifications/claim"), *_columns([row]))
    if made is None:
        return None
    new_id, channel, template, until = row[0], row[6], row[9], row[11]
    return Claim(new_id, "claimed", until, True, made["created_at"], channel, template)


def _claim_row(draft: Draft, channel: str, until: datetime, template: str | None) -> _Row:
    new_id = derived_id(f"notification/{draft.subject}/{draft.recipient}/{draft.kind}/{channel}")
    return (
        new_id,
        draft.subject,
        draft.record.order_id,
        draft.buyer_id if draft.recipient == "buyer" else None,
        draft.record.streamer,
        draft.recipient,
        channel,
        draft.kind,
        draft.body,
        template,
        encode(draft.record).decode(),
        until,
    )


def _columns(rows: Sequence[_Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def _standing(connection: Connection, draft: Draft, channel: str) -> Claim | None:
    row = await connection.fetchrow(
        statement("notifications/standing"), draft.subject, draft.recipient, draft.kind, channel
    )
    if row is None:
        return None
    return Claim(
        id=row["id"],
        status=row["status"],
        until=row["claimed_until"],
        fresh=False,
        made_at=row["created_at"],
        channel=row["channel"],
        template=row["template"],
        attempts=row["attempts"],
        message_sid=row["message_sid"],
    )


async def _admit(connection: Connection, whom: str, limit: DailyLimit) -> None:
    day = limit.day.date()
    if await connection.fetchval(statement("notifications/meet_whatsapp"), day, whom) is None:
        return
    if await connection.fetchval(statement("notifications/count_whatsapp"), day, limit.recipients) is None:
        raise _FullDay
