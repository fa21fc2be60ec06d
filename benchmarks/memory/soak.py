"""A whole shop at a steady rate, and the resident memory of each of its processes."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import httpx
import psutil

from benchmarks.recovery.feeder import Feeder
from benchmarks.recovery.load import draw
from benchmarks.recovery.settings import PARTITIONS, SETTINGS
from benchmarks.recovery.shop import open_house
from pipeline.engines.redis.keys import Keys

_PER_SECOND = 20
_LOOK_SECONDS = 2.0
_WARM_PART = 1 / 3  # of the time: caches fill, pools and arenas grow to what the rate needs
_NORMAL_95 = 1.96
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Slope:
    """Growth by least squares, in KiB a minute, with the half width of its 95 % interval (by batch means of a minute at
    least, for looks that follow each other are not independent), and the mean resident memory in MiB."""

    kib_per_minute: float
    plus_minus: float
    mib: float

    @classmethod
    def of(cls, times: Sequence[float], kib: Sequence[float]) -> Slope:
        """Of looks at these seconds."""
        slope, error = regression(*batch_means(times, kib))
        return cls(round(60 * slope, 2), round(60 * _NORMAL_95 * error, 2), round(fmean(kib) / 1024, 1))


def batch_means(
    times: Sequence[float], values: Sequence[float], batches: int = 20
) -> tuple[list[float], list[float]]:
    """Means over stretches of the same number of looks."""
    size = max(1, len(times) // batches)
    starts = range(0, len(times) - size + 1, size)
    return [fmean(times[s : s + size]) for s in starts], [fmean(values[s : s + size]) for s in starts]


def regression(times: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Slope of the least squares line and its standard error.

    >>> regression([0, 1, 2, 3], [1, 3, 5, 7])
    (2.0, 0.0)
    """
    middle, mean = fmean(times), fmean(values)
    spread = sum((t - middle) ** 2 for t in times)
    slope = sum((t - middle) * (v - mean) for t, v in zip(times, values, strict=True)) / spread
    rest = sum((v - mean - slope * (t - middle)) ** 2 for t, v in zip(times, values, strict=True))
    return slope, math.sqrt(rest / (len(times) - 2) / spread)


async def soak(folder: Path, seconds: float) -> dict[str, Any]:
    """The growth of each process in so many seconds. Raises ServerFailed."""
    load = draw(max(500, round(seconds * _PER_SECOND)), 1, PARTITIONS)
    async with (
        open_house(folder, load, SETTINGS) as (house, wiring),
        httpx.AsyncClient(base_url=house.gateway_url, timeout=10, trust_env=False) as door,
    ):
        for name, verbs in {"gateway": ("serve", "gateway"), "stages": ("run",)}.items():
            house.start_program(name, "-m", "benchmarks.memory.worker", *verbs, pythonpath=str(_ROOT))
        house.wait_for("gateway")
        feeder = Feeder(door, wiring.redis, Keys(), lambda: 0.5)
        looking = asyncio.create_task(_look(_processes(), seconds))
        await _feed(feeder, load.items, seconds)
        looks = await looking
    return {"minutes": round(seconds / 60, 1), "per_second": _PER_SECOND} | {
        name: asdict(_settled(rows)) for name, rows in looks.items()
    }


def _settled(rows: Sequence[tuple[float, float]]) -> Slope:
    warm = rows[round(len(rows) * _WARM_PART) :]
    return Slope.of([at for at, _ in warm], [kib for _, kib in warm])


async def _feed(feeder: Feeder, items: Sequence[Any], seconds: float) -> None:
    begun = time.monotonic()
    for number, item in enumerate(items):
        ahead = number / _PER_SECOND - (time.monotonic() - begun)
        if ahead > 0:
            await asyncio.sleep(ahead)
        if time.monotonic() - begun > seconds:
            return
        await feeder.send([item])


async def _look(
    processes: Mapping[str, psutil.Process], seconds: float
) -> dict[str, list[tuple[float, float]]]:
    looks: dict[str, list[tuple[float, float]]] = {name: [] for name in processes}
    begun = time.monotonic()
    while (at := time.monotonic() - begun) < seconds:
        for name, process in processes.items():
            looks[name].append((at, process.memory_info().rss / 1024))
        await asyncio.sleep(_LOOK_SECONDS)
    print({name: round(rows[-1][1] / 1024, 1) for name, rows in looks.items()}, file=sys.stderr, flush=True)
    return looks


def _processes() -> dict[str, psutil.Process]:
    """The shop's processes: those that this one has started."""
    found: dict[str, psutil.Process] = {}
    for process in psutil.Process().children(recursive=True):
        words = " ".join(process.cmdline())
        for name, mark in _MARKS.items():
            if mark in words and name not in found:
                found[name] = process
    return found


_MARKS = {
    "gateway": "worker serve gateway",
    "stages": "worker run",
    "sandbox": "stages.sandbox",
    "valkey": "valkey",
}
