"""A small shop with a past: real Redis, Postgres and providers, and models that know words instead of people."""

from __future__ import annotations

import io
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import numpy as np
import pytest
from cryptography.fernet import Fernet
from PIL import Image
from pydantic import SecretStr

from pipeline.engines.redis.dead_letters import DeadLetters, Listed
from pipeline.replay import Span
from schemas.money import Money
from schemas.signature import signed
from stages.adapters.catalog_index import CatalogIndex, ProductVectors
from stages.adapters.classifier import Judgement
from stages.adapters.database.buyers import Buyer
from stages.adapters.database.catalog import Product, Streamer, product_id
from stages.adapters.hints import LogOdds
from stages.adapters.matcher import FrameDescription, Match
from stages.ingest import comment_id
from stages.replay.gauge import Gauge
from stages.replay.repair import repair
from stages.replay.request import Request
from stages.settings import ShopSettings
from stages.wiring import Wiring
from tests.fixtures_sandbox import Sandbox

ANA = "ana"
KEY = "a key of the gateway's"
EVER = Span(0, 2**41)
PHONE = "+15550107777"
COUNTED = (
    "chat_messages", "product_matches", "product_embeddings", "orders", "buyers", "chat_message_order_mapping",
    "payment_notifications", "commissions", "end_states", "outbox", "order_numbers",
)  # fmt: skip


class Words:
    """Takes whatever says "buy" for a buy, and everything else for feedback."""

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        return [Judgement("buy" if "buy" in text else "feedback", 0.9) for text in texts]


class FirstOnTheShelf:
    """Sees in every frame the product named by `sku`."""

    def __init__(self, sku: str = "JACKET") -> None:
        self.sku, self.score = sku, 0.9

    def describe(self, frame: Image.Image) -> FrameDescription:
        return FrameDescription(np.ones((1, 4), np.float32), ())

    def describe_product(self, sku: str, pictures: Sequence[Image.Image]) -> ProductVectors:
        return ProductVectors(sku, np.ones((1, 4), np.float32))

    def match(
        self, descriptions: Sequence[FrameDescription], index: CatalogIndex, hints: LogOdds
    ) -> Match | None:
        return Match(self.sku, self.score)

    def ranked(
        self, descriptions: Sequence[FrameDescription], index: CatalogIndex, hints: LogOdds, *, limit: int
    ) -> list[Match]:
        return [Match(self.sku, self.score)]


@dataclass(frozen=True, slots=True)
class PastShop:
    """A shop of one streamer; no stage runs but in a replay."""

    settings: ShopSettings
    wiring: Wiring
    sandbox: Sandbox
    matcher: FirstOnTheShelf

    def ago(self, minutes: float) -> datetime:
        """A moment in the past, at which a frame lies."""
        return datetime.now(UTC) - timedelta(minutes=minutes)

    async def past_comment(
        self, message: str, *, minutes: float = 10, client: str = "bo", key: str = KEY, **fields: str
    ) -> UUID:
        """A comment in the public stream, signed with `key`, as if it had come so long ago. Later calls must be later
        comments."""
        at = self.ago(minutes)
        self.lay_frame(at)
        whole = signed(
            {
                "streamer": ANA, "client": client, "client_id": client, "message": message, "platform": "tiktok",
                "message_id": uuid4().hex, "timestamp": at.isoformat(), **fields,
            },
            source="gateway",
            key=key,
        )  # fmt: skip
        await self.xadd(int(at.timestamp() * 1000), whole)
        return comment_id("0-0", "tiktok", whole)

    async def xadd(self, at_ms: int, fields: Mapping[str, str]) -> str:
        """Put an entry into the public stream as of that time."""
        parts = [part for pair in fields.items() for part in pair]
        entry: bytes = await self.wiring.redis.execute_command(
            "XADD", self.wiring.keys.comments, f"{at_ms}-*", *parts
        )
        return entry.decode()

    async def repaired(self, run_id: str = "test", **request: Any) -> dict[str, Any]:
        """What a plain replay of everything says."""
        return (await self.repair(run_id, **request)).summary()

    async def repair(self, run_id: str = "test", **request: Any) -> Gauge:
        """A plain replay of everything."""
        return await repair(self.settings, Request(**{"span": EVER, **request}), run_id, nullcontext)

    async def rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        """What the database answers."""
        async with self.wiring.database.transaction() as connection:
            return await connection.fetch(query, *values)

    async def change(self, query: str, *values: object) -> None:
        """Change the database."""
        async with self.wiring.database.transaction() as connection:
            await connection.execute(query, *values)

    async def ends(self) -> dict[UUID, tuple[str, str, str]]:
        """How each comment ended."""
        rows = await self.rows("select comment_id, stage, outcome, reason from end_states")
        return {row["comment_id"]: (row["stage"], row["outcome"], row["reason"]) for row in rows}

    async def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return {
            table: (await self.rows(f"select count(*) as n from {table}"))[0]["n"]  # noqa: S608 - our names
            for table in COUNTED
        }

    async def dump(self) -> dict[bytes, bytes]:
        """Everything in Redis."""
        redis = self.wiring.redis
        keys: list[bytes] = await redis.execute_command("KEYS", "*")
        return {key: await redis.execute_command("DUMP", key) for key in keys}

    async def dead(self) -> list[Listed]:
        """The live dead letters."""
        return [each async for each in DeadLetters(self.wiring.redis, self.wiring.keys, 1).all()]

    def charges(self, number: str) -> list[dict[str, Any]]:
        """The charges for an order that moved money."""
        return [each for each in self.sandbox.ledger()["charges"] if each["order"] == number]

    def messages(self, number: str) -> list[dict[str, Any]]:
        """The messages about an order."""
        return [each for each in self.sandbox.ledger()["messages"] if number in each["body"]]

    def remove_frames(self) -> None:
        """As if they had been kept long enough."""
        for frame in Path(self.settings.frames_url.removeprefix("file://")).rglob("*.jpg"):
            frame.unlink()

    def lay_frame(self, at: datetime) -> None:
        """Put a frame where a comment of that moment finds it."""
        picture = io.BytesIO()
        Image.new("RGB", (64, 64), "navy").save(picture, "JPEG")
        folder = Path(self.settings.frames_url.removeprefix("file://"))
        at = at - timedelta(seconds=1)
        place = folder / ANA / f"{at:%Y%m%d}" / f"{at:%H}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{int(at.timestamp() * 1000):013d}.jpg").write_bytes(picture.getvalue())


def shop_settings(folder: Path, redis_url: str, database_url: str, sandbox: Sandbox) -> ShopSettings:
    """The settings of a shop below a folder."""
    for name in ("frames", "catalog"):
        (folder / name).mkdir()
    Image.new("RGB", (64, 64), "navy").save(folder / "catalog" / "picture.jpg")
    return ShopSettings(
        redis_url=redis_url,
        database_url=database_url,
        data_keys=(SecretStr(Fernet.generate_key().decode()),),
        key_prefix="shop:",
        frames_url=(folder / "frames").as_uri(),
        catalog_url=(folder / "catalog").as_uri(),
        source_keys={"gateway": KEY},
        repeat_window_seconds=0.0,  # its buyer says the same again and again
        stripe_api_key=sandbox.stripe_key,
        stripe_webhook_secret=sandbox.webhook_secret,
        stripe_url=sandbox.url,
        twilio_account_sid=sandbox.twilio_sid,
        twilio_auth_token=sandbox.twilio_token,
        twilio_url=sandbox.url,
        twilio_sms_from="+15005550006",
        twilio_whatsapp_from="+14155238886",
    )


@asynccontextmanager
async def past_shop(
    monkeypatch: pytest.MonkeyPatch, settings: ShopSettings, sandbox: Sandbox
) -> AsyncIterator[PastShop]:
    """The shop, with two products and one buyer who has a card and a phone; with light models in place of ours."""
    matcher = FirstOnTheShelf()
    monkeypatch.setattr("stages.wiring.load_classifier", lambda *_: Words())
    monkeypatch.setattr("stages.wiring.load_matcher", lambda *_: matcher)
    async with Wiring.open(settings) as wiring:
        await wiring.catalog.put_streamer(Streamer(ANA, "Ana", "USD"))
        for sku, name in (("JACKET", "Denim Jacket"), ("BAG", "Red Bag")):
            product = Product(
                product_id(ANA, sku), sku, name, Money(amount_minor=7999, currency="USD"), ("picture.jpg",)
            )
            await wiring.catalog.put_product(ANA, product, 10)
        card = await wiring.payments.customer_with_card("bo", "pm_card_visa", f"seed:{uuid4()}")
        await wiring.buyers.put(Buyer("tiktok", "bo", "bo", PHONE, "sms", card.customer, card.payment_method))
        async with wiring.database.transaction() as connection:
            # The sandbox is shared, and knows orders by their numbers.
            await connection.execute(
                "insert into order_numbers (day, last) values ($1, $2)",
                datetime.now(UTC).date(),
                random.randrange(10**5, 10**9),
            )
        yield PastShop(settings, wiring, sandbox, matcher)
