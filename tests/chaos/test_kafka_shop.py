"""The whole shop on Kafka: two processes of all stages, one killed in the middle of a show; then the ledgers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.recovery.ledgers import _QUERIES, Ledgers
from benchmarks.recovery.light_models import LightWiring
from benchmarks.recovery.load import Load, PlannedComment, draw
from benchmarks.recovery.reconciliation import reconcile, uncertain
from benchmarks.recovery.shop import open_house
from pipeline.engines.kafka.names import Names
from pipeline.engines.kafka.topics import topics_of
from stages.analytics.counting import changelog_of
from stages.demo.house import House
from stages.doors.server import gateway_of
from stages.running import places
from stages.wiring import READS
from tests.e2e.shop import until
from tests.kafka_broker import KafkaBroker

pytestmark = pytest.mark.timeout(180)

ROOT = Path(__file__).parents[2]
PARTITIONS = 4
WORKERS = ("worker-1", "worker-2")
SETTINGS: dict[str, Any] = {
    "engine": "kafka",
    "partitions": PARTITIONS,
    "lease_seconds": 3.0,
    "drain_seconds": 3.0,
    # The load has few viewers who say little else than others do: here they may.
    "rate_limit_per_viewer": "",
    "repeat_window_seconds": 0.0,
    "payment_timeout_seconds": 4.0,
    "notify_timeout_seconds": 6.0,
    "message_claim_seconds": 4.0,
    "buyer_unpaid_limit": 1_000_000,
}


@dataclass(frozen=True, slots=True)
class Shop:
    """Two workers in a house, and what is asked of them from here."""

    house: House
    wiring: LightWiring
    gateway: httpx.AsyncClient
    providers: httpx.AsyncClient
    load: Load

    async def send(self, planned: PlannedComment) -> None:
        """By the door that was drawn for it, as often as was drawn. Raises where it was not taken."""
        for _ in range(planned.copies):
            if planned.door == "gateway":
                (await self.gateway.post("/comments", json=dict(planned.fields))).raise_for_status()
            else:
                fields = self.wiring.sources.stamp(dict(planned.fields), "gateway")
                await self.wiring.appender.comment(fields)

    def start(self, name: str) -> None:
        """Start a worker of all stages."""
        self.house.start_program(
            name,
            "-m",
            "tests.chaos.light_worker",
            "run",
            *READS,
            "relay",
            pythonpath=str(ROOT),
            consumer_name=name,
        )

    def has_ended(self, count: int) -> Callable[[], Awaitable[bool]]:
        """Whether so many comments have an end."""

        async def so_many() -> bool:
            return await self.ended() >= count

        return so_many

    def has_started(self, name: str) -> Callable[[], Awaitable[bool]]:
        """Whether the worker says that it works."""

        async def said() -> bool:
            return '"event":"started"' in self.house.log_tail(name)

        return said

    async def ended(self) -> int:
        """How many comments have an end."""
        async with self.wiring.database.transaction() as connection:
            ended = "select count(distinct comment_id) from end_states where reason <> 'duplicate'"
            return int(await connection.fetchval(ended))

    async def is_read(self) -> bool:
        """Whether no stage has anything unread or in hand."""
        kafka = self.wiring.kafka
        assert kafka
        return not any([await kafka.offsets.lag(stage, stream) for stage, stream in READS.items()])

    async def left_over(self) -> dict[str, int]:
        """What any stage has still to do, by place."""
        loads = {
            f"{each.stage} {each.partition}": await self.wiring.backbone.weigh(
                each.stream, each.stage, each.partition
            )
            for each in places(PARTITIONS, self.wiring.backbone.door_partitions)
        }
        return {place: left for place, load in loads.items() if (left := load.unread + load.retries)}

    async def ledgers(self) -> Ledgers:
        """The four of them, as they stand."""
        async with self.wiring.database.transaction() as connection:
            tables = {
                name: [dict(row) for row in await connection.fetch(sql)] for name, sql in _QUERIES.items()
            }
        told = (await self.providers.get("/ledger")).raise_for_status().json()
        kafka = self.wiring.kafka
        assert kafka
        return Ledgers(
            acknowledged=frozenset(each.id for each in self.load.comments),
            entries=[row["seq"] for row in tables["comments"]],
            charges=told["charges"],
            messages=told["messages"],
            dead=[listed async for listed in kafka.dead_letters.all()],  # type: ignore[misc]  # of this engine
            left_over=await self.left_over(),
            **tables,
        )


@asynccontextmanager
async def opened(folder: Path, load: Load) -> AsyncIterator[Shop]:
    with KafkaBroker() as broker:
        broker.make([*topics_of(Names(), READS, 1.0), changelog_of(Names())], PARTITIONS)
        async with (
            open_house(folder, load, {**SETTINGS, "kafka_url": broker.url}) as (house, wiring),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(gateway_of(wiring), client=("127.0.0.1", 1)),
                base_url="http://127.0.0.1",
            ) as gateway,
            httpx.AsyncClient(base_url=house.sandbox_url, timeout=10, trust_env=False) as providers,
        ):
            yield Shop(house, wiring, gateway, providers, load)


async def test_a_worker_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    load = draw(160, seed=7, partitions=PARTITIONS).without_poison_but(())
    async with opened(tmp_path, load) as shop:
        first, *others = load.comments
        shop.start(WORKERS[0])
        await shop.send(first)
        await until(shop.has_ended(1), "the first worker is at work")
        shop.start(WORKERS[1])
        await until(shop.has_started(WORKERS[1]), "the second worker is at work")
        sending = asyncio.create_task(_send_all(shop, others))
        await until(shop.has_ended(len(others) // 3), "a third of the comments has ended")
        shop.house.kill_process(WORKERS[0])
        await sending
        await until(shop.has_ended(len(load.comments)), "everything has ended")
        await until(shop.is_read, "no stage has anything left")
        ledgers = await shop.ledgers()
        assert reconcile(load, ledgers) == []
        assert uncertain(ledgers) == 0
        assert shop.house.is_running(WORKERS[1]), shop.house.log_tail(WORKERS[1])


async def _send_all(shop: Shop, comments: list[PlannedComment]) -> None:
    for each in comments:
        await shop.send(each)
