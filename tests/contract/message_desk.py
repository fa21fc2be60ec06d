"""The notify stage at a desk of its own: a real database, the sandbox, and time that passes when it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal
from uuid import UUID, uuid4

from cryptography.fernet import Fernet

from pipeline.envelope import Envelope
from pipeline.relay import Relay
from pipeline.stage import Limits
from pipeline.testing.clock import VirtualClock
from pipeline.testing.run import MemoryRun
from schemas.money import Money
from schemas.records import News, NewsKind, PaidOrder
from stages.adapters.database import Database
from stages.adapters.database.buyers import Buyer, Buyers
from stages.adapters.database.notifications import Notifications
from stages.adapters.database.outbox import DatabaseOutbox
from stages.adapters.messages import Channel, TwilioMessages
from stages.adapters.vault import Vault
from stages.messenger import Carrier, Messenger
from stages.notify import notify_stage
from stages.sandbox.settings import SMS_SENDER, WHATSAPP_SENDER
from stages.wording import Wording
from tests.contract.consents import Consents
from tests.fixtures_sandbox import Sandbox

SELLER = "maya.desk"
CLAIM_SECONDS = 20.0
_numbers = count(1)
_VAULT = Vault([Fernet.generate_key().decode()])
_TOTAL = Money(amount_minor=7999, currency="USD")


@dataclass(frozen=True, slots=True)
class Known:
    """A buyer, and where they are reached."""

    id: UUID
    handle: str
    phone: str


@dataclass(slots=True)
class Desk:
    """A messenger, what it sends with, and what it did."""

    database: Database
    sandbox: Sandbox
    carriers: dict[Channel, Carrier]
    clock: VirtualClock = field(default_factory=VirtualClock)
    settings: dict[str, Any] = field(default_factory=dict)
    run: MemoryRun = field(init=False)
    messenger: Messenger = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A fresh process of the stage, with the settings that stand now."""
        notifications = Notifications(self.database, _VAULT)
        self.messenger = Messenger(
            notifications,
            self.carriers,
            self.clock.utc_now,
            claim_seconds=CLAIM_SECONDS,
            call_seconds=5.0,
            **self.settings,
        )
        stage = notify_stage(
            Limits(timeout_seconds=60),
            notifications=notifications,
            messenger=self.messenger,
            wording=Wording("https://track.example/{order_number}"),
        )
        self.run = MemoryRun(stage, clock=self.clock)

    @property
    def consents(self) -> Consents:
        return Consents(self.database)

    async def buyer(self, *agreed: Channel, email: str | None = None) -> Known:
        """Somebody who agreed to these channels at the desk."""
        number = next(_numbers)
        handle, phone = f"viewer{number}.{uuid4().hex[:6]}", f"+1555{uuid4().int % 10**7:07}"
        buyer = Buyer("tiktok", handle, handle, phone, email=email)
        await Buyers(self.database, _VAULT).put(buyer)
        for channel in agreed:
            await self.consents.grant(buyer.id, channel, "desk")
        return Known(buyer.id, handle, phone)

    async def order(
        self, buyer: Known, status: Literal["paid", "awaiting_payment"] = "paid", *, waited: bool = False
    ) -> PaidOrder:
        """An order as the payment stage hands it on."""
        number = next(_numbers)
        comment, order, name = uuid4(), uuid4(), f"ORD-20260101-{uuid4().int % 10**9:09}"
        url = "https://pay.example/c/1" if status == "awaiting_payment" else None
        async with self.database.transaction() as connection:
            await connection.execute(_SHOP, SELLER)
            await connection.execute(_ORDER, comment, f"{number}-1", SELLER, buyer.handle, order, name, buyer.id,
                                     status, url, waited)  # fmt: skip
        return PaidOrder(
            comment_id=comment,
            seq=f"{number}-1",
            streamer=SELLER,
            order_id=order,
            order_number=name,
            product_name="Blue Denim Jacket",
            total=_TOTAL,
            status=status,
            payment_id="pi_1" if status == "paid" else None,
            payment_url=url,
        )

    def news(self, kind: NewsKind, buyer: Known, order: PaidOrder | None = None) -> News:
        """News for a buyer."""
        return News(
            comment_id=order.comment_id if order else uuid4(),
            seq=f"{next(_numbers)}-1",
            streamer=SELLER,
            kind=kind,
            subject=order.order_id if order else uuid4(),
            buyer_id=buyer.id,
            product_name="Blue Denim Jacket",
            quantity=2,
            order_id=order.order_id if order else None,
            order_number=order.order_number if order else None,
            amount=_TOTAL if order else None,
        )

    async def tell(self, *records: PaidOrder | News) -> None:
        """Hand the records to the stage, and let it finish, whatever that takes."""
        for record in records:
            self.run.add("notify", record)
        await self.run.until_idle()

    async def relay(self) -> int:
        """Hand on what lies in the outbox; returns how many records that were."""
        handed: list[str] = []

        async def append(stage: str, partition: int, record_id: str, envelope: Envelope) -> None:
            await self.run.append_once(stage, partition, record_id, envelope)
            handed.append(record_id)

        await Relay(DatabaseOutbox(self.database), append, partitions=1, away=()).round()
        return len(handed)

    async def row(self, query: str, *values: object) -> Any:
        async with self.database.transaction() as connection:
            return await connection.fetchrow(query, *values)

    async def told(
        self, record: PaidOrder | News, recipient: str = "buyer"
    ) -> list[tuple[str, str, str | None]]:
        """Channel, status and error code of each try to tell of the record, in order."""
        subject = record.subject if isinstance(record, News) else record.order_id
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "select channel, status, error_code from payment_notifications "
                "where subject = $1 and recipient = $2 order by created_at, id",
                subject,
                recipient,
            )
        return [tuple(row) for row in rows]

    def messages(self, buyer: Known) -> list[Mapping[str, Any]]:
        """What the provider took for this buyer, oldest first."""
        return [each for each in self.sandbox.ledger()["messages"] if each["to"].endswith(buyer.phone)]


@asynccontextmanager
async def desk_of(
    database: Database, sandbox: Sandbox, *, status_callback: str | None = None, **settings: Any
) -> AsyncIterator[Desk]:
    """A desk whose provider is the sandbox; it waits a second and a half for an answer."""
    messages = TwilioMessages(
        sandbox.twilio_sid,
        sandbox.twilio_token,
        SMS_SENDER,
        WHATSAPP_SENDER,
        sandbox.url,
        status_callback,
        timeout_seconds=1.5,
    )
    try:
        yield Desk(database, sandbox, {"whatsapp": messages, "sms": messages}, settings=settings)
    finally:
        await messages.close()


_SHOP = """
with seller as (
    insert into streamers (handle, name, currency) values ($1, 'Maya', 'USD') on conflict do nothing returning handle)
insert into products (id, streamer, sku, name, price_minor, currency, stock)
select gen_random_uuid(), handle, 'J-1', 'Blue Denim Jacket', 7999, 'USD', 1000 from seller
"""

_ORDER = """
with comment as (
    insert into chat_messages (id, seq, streamer, client, platform, message, sent_at, source, verified)
    values ($1, $2, $3, $4, 'tiktok', 'mine', now(), 'gateway', true) returning id),
place as (
    insert into waitlist (id, comment_id, seq_rank, streamer, product_id, buyer_id, quantity, claim, status, created_at)
    select gen_random_uuid(), comment.id, 1, $3, p.id, $7, 1, '{}', 'served', now() - interval '1 hour'
    from comment, products as p where p.streamer = $3 and $10)
insert into orders (id, order_number, comment_id, streamer, product_id, product_name, buyer_id, quantity,
                    unit_price_minor, amount_minor, currency, status, payment_url, payment_id, paid_at)
select $5, $6, comment.id, $3, p.id, p.name, $7, 1, 7999, 7999, 'USD', $8, $9,
       case $8 when 'paid' then $6 end, case $8 when 'paid' then now() end
from comment, products as p where p.streamer = $3
"""
