"""One run from the first server to the report."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.recovery.control import Director
from benchmarks.recovery.drain import Drain
from benchmarks.recovery.feeder import Feeder
from benchmarks.recovery.ledgers import Ledgers, read_ledgers
from benchmarks.recovery.light_models import LightWiring
from benchmarks.recovery.load import Load, draw
from benchmarks.recovery.payer import Payer
from benchmarks.recovery.play import Play
from benchmarks.recovery.reconciliation import marks_found, reconcile, uncertain
from benchmarks.recovery.recoveries import Recoveries
from benchmarks.recovery.replaying import replay_from_database
from benchmarks.recovery.report import Report, counted
from benchmarks.recovery.schedule import schedule
from benchmarks.recovery.settings import FAULTS, PARTITIONS, SETTINGS
from benchmarks.recovery.shop import open_house
from benchmarks.recovery.supervisor import Supervisor
from pipeline.cancellation import cancel
from stages.demo.house import House

_CALL_SECONDS = 10.0
_ALWAYS = 1_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """How much is sent, how often somebody is killed (or the power cut), and from which seed all is drawn."""

    comments: int
    kills: int
    seed: int
    power_cuts: int = 0


@dataclass(frozen=True, slots=True)
class Bench:
    """A running house and everything that acts on it or watches it."""

    options: Options
    load: Load
    house: House
    wiring: LightWiring
    providers: httpx.AsyncClient
    supervisor: Supervisor
    recoveries: Recoveries
    feeder: Feeder
    payer: Payer
    play: Play

    async def replay(self) -> dict[str, Any]:
        """Wait until all is drained; then feed again what the database knows, and Redis lost."""
        await self._drained()
        name = "replay"
        own = {key.upper(): value for key, value in self.supervisor.environment(name).items()}
        return await replay_from_database({**os.environ, **self.house.environment, **own})

    async def ledgers(self) -> Ledgers:
        """Wait until all is drained, then read them."""
        wiring, left = self.wiring, await self._drained()
        acknowledged = frozenset(self.feeder.acknowledged)
        return await read_ledgers(
            acknowledged, wiring.database, wiring.redis, wiring.keys, PARTITIONS, self.providers, left
        )

    async def _drained(self) -> dict[str, int]:
        wiring = self.wiring
        drain = Drain(wiring.redis, wiring.keys, PARTITIONS, wiring.database, self.providers)
        return await drain.wait(self.payer.pay_open)


async def run(options: Options, folder: Path) -> Report:
    """Run it in `folder`, which is left empty of servers. Raises ServerFailed."""
    started = time.monotonic()
    async with opened(options, folder) as bench:
        replayed: dict[str, Any] = {}
        if options.power_cuts:
            await bench.play.run_with_power_cuts(bench.load.items, options.power_cuts)
            replayed = await bench.replay()
        else:
            await bench.play.run(bench.load.items, schedule(options.kills, options.seed))
        ledgers = await bench.ledgers()
        fired = (await bench.providers.get("/faults")).raise_for_status().json()["fired"]
        return _report(bench, ledgers, replayed, int(fired), time.monotonic() - started)


@asynccontextmanager
async def opened(options: Options, folder: Path) -> AsyncIterator[Bench]:
    """The house with its shop open, its processes watched, and the sandbox's faults armed."""
    load = draw(options.comments, options.seed, PARTITIONS)
    control = folder / "control"
    control.mkdir(parents=True)
    director = Director(control)
    async with (
        open_house(folder, load, SETTINGS) as (house, wiring),
        httpx.AsyncClient(base_url=house.sandbox_url, timeout=_CALL_SECONDS, trust_env=False) as providers,
        httpx.AsyncClient(base_url=house.gateway_url, timeout=_CALL_SECONDS, trust_env=False) as door,
    ):
        await _arm(providers)
        supervisor = Supervisor(house, director)
        supervisor.start()
        dice = random.Random(options.seed)  # noqa: S311 - dice, no secrets
        recoveries = Recoveries(wiring.redis, wiring.keys, PARTITIONS, time.monotonic)
        feeder = Feeder(door, wiring.redis, wiring.keys, dice.random)
        payer = Payer(wiring.database, providers)
        play = Play(feeder, supervisor, director, recoveries, dice)
        async with _beside(supervisor.watch(recoveries), recoveries.run(), payer.run()):
            yield Bench(options, load, house, wiring, providers, supervisor, recoveries, feeder, payer, play)


@asynccontextmanager
async def _beside(*watchers: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run them until the block ends; one that fails ends the block."""
    tasks: list[asyncio.Task[None]] = []
    async with asyncio.TaskGroup() as group:
        tasks += [group.create_task(watcher) for watcher in watchers]
        try:
            yield
        finally:
            await cancel(tasks)


async def _arm(providers: httpx.AsyncClient) -> None:
    for provider, fault, path_prefix, share in FAULTS:
        line = {
            "provider": provider,
            "fault": fault,
            "path_prefix": path_prefix,
            "share": share,
            "times": _ALWAYS,
        }
        (await providers.post("/faults", json=line)).raise_for_status()


def _report(bench: Bench, ledgers: Ledgers, replayed: dict[str, Any], faults: int, seconds: float) -> Report:
    load, forgotten = bench.load, 0
    if bench.options.power_cuts:
        sent, ledgers = len(ledgers.acknowledged), ledgers.as_the_database_knows()
        load, forgotten = load.without_poison_but(marks_found(ledgers)), sent - len(ledgers.acknowledged)
    findings = reconcile(load, ledgers)
    for finding in findings:
        print(f"{finding.kind}: {finding.what}", file=sys.stderr)
    counts, supervisor, recoveries = counted(findings), bench.supervisor, bench.recoveries
    p50, p99 = (statistics.median(recoveries.seconds) if recoveries.seconds else None), recoveries.p99
    return Report(
        comments=len(bench.feeder.acknowledged) + len(bench.load.poison),
        kills=sum(supervisor.kills.values()),
        lost=counts["lost"],
        double_orders=counts["double_orders"],
        double_charges=counts["double_charges"],
        double_messages=counts["double_messages"],
        dead_lettered=len(ledgers.dead),
        recovery_p99_s=p99 and round(p99, 2),
        recovery_p50_s=p50 and round(p50, 2),
        seed=bench.options.seed,
        poison_planted=len(bench.load.poison),
        poison_found=len(marks_found(ledgers)),
        unexpected_exits=len(supervisor.unexpected),
        exits_without_servers=supervisor.exits_without_servers,
        uncertain=uncertain(ledgers),
        orders=len(ledgers.orders),
        paid=sum(order["status"] == "paid" for order in ledgers.orders),
        sold_out=sum(end["reason"] == "sold out" for end in ledgers.ends),
        messages=len(ledgers.messages),
        sent_again=bench.feeder.sent_again,
        faults=faults,
        seconds=round(seconds, 1),
        power_cuts=bench.options.power_cuts,
        bytes_cut=supervisor.bytes_cut,
        forgotten=forgotten,
        replayed=replayed,
        killed=dict(sorted(supervisor.kills.items())),
    )
