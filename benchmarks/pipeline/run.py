"""One run from the first server to the last figure."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.pipeline.crowd import Crowd
from benchmarks.pipeline.ours import Drained, Pipeline
from benchmarks.pipeline.processes import ROOT, processor_seconds, start_stages, stop_stages
from benchmarks.pipeline.report import Found
from benchmarks.pipeline.seed_shape import GENEROUS, PLAIN, SeedShape, Variant
from benchmarks.pipeline.shop import SETTINGS, Broadcast, open_shop
from stages.adapters.database.trail import Trail
from stages.demo.house import House
from stages.demo.progress import Observer
from stages.demo.show import load_show
from stages.wiring import Wiring

SHOW = ROOT / "deploy" / "demo"
_WARM_UP, _SEED_WARM_UP = 400, 20


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured; `threads` is the number of cores."""

    rounds: int
    comments: int
    seed_comments: int
    rates: tuple[int, ...]
    seconds: float
    seed: int = 1
    threads: int = 2
    with_seed_shape: bool = True
    model_texts: int = 2_000
    variants: tuple[Variant, ...] = (PLAIN, GENEROUS)

    @classmethod
    def full(cls) -> Options:
        """What is reported."""
        return cls(rounds=3, comments=12_000, seed_comments=400, rates=(10, 50, 200), seconds=60.0)

    @classmethod
    def short(cls) -> Options:
        """What fits into a minute."""
        return cls(
            rounds=1,
            comments=2_400,
            seed_comments=50,
            rates=(50,),
            seconds=10.0,
            model_texts=800,
            variants=(PLAIN,),
        )


async def run(options: Options, folder: Path) -> Found:
    """Measure in `folder`, which is left empty of servers. Raises ServerFailed."""
    show, found = load_show(SHOW), Found()
    house = House(folder / "house", show.folder, settings=SETTINGS)
    crowd = Crowd(show, max(150, options.comments // 20), random.Random(options.seed))  # noqa: S311 - dice
    try:
        _say("starting the servers")
        house.start_servers()
        async with Wiring.open(house.settings()) as wiring:
            cards = await open_shop(show, crowd.known, wiring)
            seed = SeedShape(house, show, crowd.known, cards) if options.with_seed_shape else None
            broadcast = Broadcast(show, wiring.settings.frames_url, datetime.now(UTC))
            for number in range(options.rounds):
                _say(f"round {number + 1} of {options.rounds}")
                found.bare.append(await _bare(crowd, options))
                _say(f"  the bare model: {found.bare[-1]} comments/s, by size of call")
                if seed:
                    await _seed_round(seed, broadcast, crowd, options, found)
                await _our_round(
                    house, wiring, broadcast, crowd, options, found, number + 1 == options.rounds
                )
    finally:
        house.remove()
    return found


async def _seed_round(
    seed: SeedShape, broadcast: Broadcast, crowd: Crowd, options: Options, found: Found
) -> None:
    costs = found.seed_cpu_ms
    for variant in options.variants:
        rates = found.seed_shape_generous if variant.caches_frames else found.seed_shape
        with seed.running(variant):
            await seed.drain(broadcast, crowd, _SEED_WARM_UP)
            count, used = options.seed_comments * variant.workers, sum(processor_seconds().values())
            rates.append(await seed.drain(broadcast, crowd, count))
            costs[variant.name] = 1000 * (sum(processor_seconds().values()) - used) / count
        _say(
            f"  the seed's shape, {variant}: {rates[-1]:.1f} comments/s, {costs[variant.name]:.1f} ms of processor each"
        )


async def _our_round(
    house: House,
    wiring: Wiring,
    broadcast: Broadcast,
    crowd: Crowd,
    options: Options,
    found: Found,
    is_last: bool,
) -> None:
    async with _working(house, wiring, broadcast, crowd) as pipeline:
        found.drained.append(await pipeline.drain(options.comments))
        _say(f"  ours: {_in_words(found.drained[-1])}")
        for rate in options.rates if is_last else ():
            dice = random.Random(f"{options.seed}/{rate}")  # noqa: S311 - dice, no secrets
            found.paced[rate] = await pipeline.post(rate, options.seconds, dice)
            latest = {
                name: found.summary()[name][str(rate)] for name in ("p50_ms", "p99_ms", "stages_p99_ms")
            }
            _say(f"  ours at {rate} comments/s: {latest}")


@asynccontextmanager
async def _working(
    house: House, wiring: Wiring, broadcast: Broadcast, crowd: Crowd
) -> AsyncIterator[Pipeline]:
    observer = Observer(wiring.redis, wiring.keys, Trail(wiring.database), wiring.settings.match_threshold)
    try:
        await start_stages(house, observer)
        pipeline = Pipeline(house, wiring, broadcast, crowd)
        await pipeline.drain(_WARM_UP)
        yield pipeline
    finally:
        stop_stages(house)


async def _bare(crowd: Crowd, options: Options) -> dict[str, float]:
    texts = [line.message for line in crowd.lines([0.0] * options.model_texts)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.pipeline.bare", str(options.threads), cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, _ = await process.communicate(json.dumps(texts).encode())
    rates: dict[str, float] = json.loads(printed)
    return {batch: round(rate) for batch, rate in rates.items()}


def _in_words(drained: Drained) -> str:
    cost = ", ".join(
        f"{part} {ms:.2f}" for part, ms in sorted(drained.cpu_ms.items(), key=lambda each: -each[1])
    )
    return f"{drained.rate:.0f} comments/s, {drained.orders} orders; ms of processor a comment: {cost}; {drained.ends}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
