"""A process that slept past its lease, right before each of its effects: what it does when it wakes changes nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from benchmarks.recovery.light_models import LightWiring
from benchmarks.recovery.load import PLATFORM, Load, Product, Streamer, Viewer
from benchmarks.recovery.shop import open_house
from schemas.money import Money
from stages.demo.house import House
from stages.ingest import comment_id
from tests.chaos.sleeper import EFFECTS, FOLDER_VARIABLE, SETTLES
from tests.e2e.shop import until

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[2]
WORKERS = ("worker-1", "worker-2")
SETTINGS = {
    # The same viewer says the same again and again here.
    "rate_limit_per_viewer": "",
    "repeat_window_seconds": 0.0,
    "lease_seconds": 1.0,
    "payment_timeout_seconds": 4.0,
    "notify_timeout_seconds": 3.0,
    "message_claim_seconds": 2.0,
}
SELLER = Streamer("maya.live", "USD", None, None)
PAYER = Viewer("1", "payer", "+15550200001", "whatsapp", "pm_card_visa")
CARDLESS = Viewer("2", "cardless", "+15550200002", "sms", None)
SHOP = Load(
    (SELLER,),
    (Product("maya.live", "P-01", Money(amount_minor=999, currency="USD"), 1000),),
    (PAYER, CARDLESS),
    (),
)
NEED_A_LINK = ("opening a pay link", "recording a pay link")

TABLES = (
    "chat_messages", "product_matches", "orders", "products", "chat_message_order_mapping", "payment_notifications",
    "commissions", "outbox",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bench:
    """Two workers in a house, and the folder in which they are told where to sleep."""

    house: House
    wiring: LightWiring
    providers: httpx.AsyncClient
    folder: Path

    async def send(self, number: int, viewer: Viewer) -> UUID:
        """A verified viewer buys; returns the comment's id."""
        fields = {
            "streamer": SELLER.handle, "client": viewer.client, "client_id": viewer.client_id, "platform": PLATFORM,
            "message": "I buy P-01 now", "message_id": f"m{number}",
        }  # fmt: skip
        await self.wiring.appender.comment(self.wiring.sources.stamp(fields, "gateway"))
        return comment_id("0-0", PLATFORM, fields)

    async def rows(self, query: str, *values: object) -> list[Any]:
        async with self.wiring.database.transaction() as connection:
            return list(await connection.fetch(query, *values))

    async def has_ended(self, comment: UUID) -> bool:
        ends = await self.rows("select outcome from end_states where comment_id = $1", comment)
        return [row["outcome"] for row in ends] == ["done"]

    async def is_idle(self) -> bool:
        """Whether no stage has anything left: what the end of a comment does not say of its last event."""
        keys = self.wiring.keys
        lengths = [
            await self.wiring.redis.xlen(keys.stream(stage, 0))
            for stage in ("intent", "vision", "order", "payment", "notify", "events", "dead")
        ]
        [group] = await self.wiring.redis.xinfo_groups(keys.comments)
        return not any(lengths) and group["pending"] == 0

    async def everything(self) -> dict[str, Any]:
        """What stands in the database, in Redis and at the providers. End states may be written again: the same
        end, at another time."""
        tables = {table: await self.rows(f"select * from {table} order by 1") for table in TABLES}  # noqa: S608
        ends = await self.rows("select comment_id, seq, stage, outcome from end_states order by 1, 2")
        ledger = (await self.providers.get("/ledger")).raise_for_status().json()
        streams = {
            key: await self.wiring.redis.xlen(key)
            async for key in self.wiring.redis.scan_iter(_type="STREAM")
        }
        acts = {kind: list(ledger[kind]) for kind in ("charges", "messages")}
        return {**tables, "ends": ends, "streams": streams, **{k: _fixed(v) for k, v in acts.items()}}

    def arm(self, point: str) -> None:
        for name in ("asleep", "over"):
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / "armed.draft").write_text(point)
        (self.folder / "armed.draft").rename(self.folder / "armed")

    def wake(self) -> None:
        os.kill(int((self.folder / "asleep").read_text()), signal.SIGCONT)

    def there(self, name: str) -> Callable[[], Awaitable[bool]]:
        async def exists() -> bool:
            return (self.folder / name).exists()

        return exists


def _fixed(acts: list[dict[str, Any]]) -> list[Any]:
    """What identifies them: a message's progress is the provider's own."""
    return sorted(each.get("id") or each.get("sid") or str(each) for each in acts)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Bench]:
    control = folder / "control"
    control.mkdir()
    async with (
        open_house(folder, SHOP, SETTINGS) as (house, wiring),
        httpx.AsyncClient(base_url=house.sandbox_url, timeout=10, trust_env=False) as providers,
    ):
        for name in WORKERS:
            variables = {"pythonpath": str(ROOT), FOLDER_VARIABLE: str(control), "consumer_name": name}
            house.start_program(name, "-m", "tests.chaos.sleeper", "run", **variables)
        yield Bench(house, wiring, providers, control)


async def test_a_process_that_slept_past_its_lease_changes_nothing_when_it_wakes(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        numbers = count()
        await until_done(bench, await bench.send(next(numbers), PAYER), "the workers are at work")
        for point in (*EFFECTS, *SETTLES):
            bench.arm(point)
            comment = await bench.send(next(numbers), CARDLESS if point in NEED_A_LINK else PAYER)
            await until(bench.there("asleep"), f"a worker sleeps before {point}")
            await until_done(bench, comment, f"the other worker has finished what slept before {point}")
            before = await bench.everything()
            bench.wake()
            await until(bench.there("over"), f"the sleeper's {point} is over")
            await until(bench.is_idle, f"nothing is left after {point}")
            assert await bench.everything() == before, point
        orders = await bench.rows("select count(*) as orders from orders")
        assert orders[0]["orders"] == next(numbers)
        for name in WORKERS:
            assert bench.house.is_running(name), bench.house.log_tail(name)


async def until_done(bench: Bench, comment: UUID, what: str) -> None:
    async def done() -> bool:
        return await bench.has_ended(comment) and await bench.is_idle()

    await until(done, what)
