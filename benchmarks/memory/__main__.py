"""`python -m benchmarks.memory [--comments N] [--soak-minutes N] [--short]`: see benchmarks/README.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from benchmarks.memory.house import House, all_of_them, four, working
from benchmarks.memory.soak import soak
from pipeline.embedded import Valkey

_KB = 1000.0
_MANY = 20_000
_STEP = 5_000
_TRIMMED_SECONDS = 2.0
Fields = Callable[[int], Mapping[str, str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument(
        "--comments", type=int, default=1_000_000, help="that go through while old ones are trimmed"
    )
    parser.add_argument(
        "--soak-minutes", type=float, default=0.0, help="how long a whole shop's processes are watched"
    )
    parser.add_argument("--short", action="store_true", help="50,000 comments, no soak")
    given = parser.parse_args(arguments)
    if given.short:
        given.comments, given.soak_minutes = 50_000, 0.0
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory(prefix="memory-") as folder:
        with Valkey(Path(folder) / "valkey") as valkey:
            figures = asyncio.run(_measure(valkey.url, given.comments))
        if given.soak_minutes:
            figures["soak"] = asyncio.run(soak(Path(folder) / "soak", given.soak_minutes * 60))
    print(json.dumps(figures))
    return 0


async def _measure(url: str, comments: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    async with working(url) as house:
        figures["kb_per_1000"] = _said("four fields", await _kept(house, four, house.append))
        figures["kb_xadd_alone_per_1000"] = await _alone(house)
    async with working(url) as house:
        figures["kb_per_1000_all_fields"] = _said(
            "all fields, by the gateway", await _kept(house, all_of_them, house.post)
        )
    async with working(url) as house:
        figures["kb_peak_per_1000"] = _said("peak at 100/s", await _peak(house, four, house.append, 100))
    async with working(url) as house:
        figures["kb_peak_per_1000_all_fields"] = await _peak(house, all_of_them, house.post, 100)
    async with working(url) as house:
        figures["kb_burst_per_1000"] = _said("all at once", await _peak(house, four, house.append, 1000))
    async with working(url, replay_seconds=_TRIMMED_SECONDS) as house:
        grown = await _trimmed(house, comments)
    key = "kb_after_1m" if comments == 1_000_000 else f"kb_after_{comments}"
    return {
        **figures,
        "kb_after_1m": None,
        key: grown[-1],
        "kb_after_each_tenth": grown,
        "comments": comments,
    }


async def _kept(house: House, fields: Fields, push: Callable[[Sequence[int], Fields], Any]) -> float:
    """KB for each 1,000 comments that were processed, once what is remembered for seconds is gone."""
    await house.gauge.zero()
    for start in range(1_000, 1_000 + _MANY, 500):
        await push(range(start, start + 500), fields)
    await house.idle()
    await house.gauge.let_pass()
    return round(await house.gauge.read() / _KB / (_MANY / 1000), 1)


async def _alone(house: House) -> float:
    """KB for each 1,000 of the same entries in a stream that nobody reads."""
    await house.gauge.zero()
    for start in range(0, _MANY, 500):
        pipe = house.redis.pipeline(transaction=False)
        for number in range(start, start + 500):
            pipe.execute_command(
                "XADD", "alone", "*", *(part for pair in four(number).items() for part in pair)
            )
        await pipe.execute()
    return round(await house.gauge.read() / _KB / (_MANY / 1000), 1)


async def _peak(
    house: House, fields: Fields, push: Callable[[Sequence[int], Fields], Any], per_second: int
) -> float:
    """The most KB that 1,000 comments took at any time, with all that is remembered of them, coming at this rate."""
    await house.gauge.zero()
    step = max(1, per_second // 50)
    async with house.gauge.watching():
        for start in range(1_000, 2_000, step):
            await push(range(start, start + step), fields)
            await asyncio.sleep(step / per_second)
        await house.idle()
    return round(house.gauge.peak / _KB, 1)


async def _trimmed(house: House, comments: int) -> list[float]:
    """KB beyond the beginning after each tenth of the comments, once all was processed and trimmed."""
    await _until_trimmed(house)
    await house.gauge.zero()
    grown = []
    tenth = max(_STEP, comments // 10)
    for done in range(0, comments, tenth):
        for start in range(done, done + tenth, _STEP):
            await house.append(range(start, start + _STEP), four)
            await house.idle()
        await _until_trimmed(house)
        await house.gauge.let_pass()
        grown.append(round(await house.gauge.read() / _KB, 1))
        print(f"{done + tenth} comments: {grown[-1]} KB", file=sys.stderr, flush=True)
    return grown


async def _until_trimmed(house: House) -> None:
    """Only the last delivered entry stays: its successor is what the group needs."""
    while await house.redis.xlen(house.keys.comments) > 1:  # noqa: ASYNC110 - Redis tells nobody
        await asyncio.sleep(0.1)


def _said(what: str, kb: float) -> float:
    print(f"{what}: {kb} KB per 1,000", file=sys.stderr, flush=True)
    return kb


if __name__ == "__main__":
    sys.exit(main())
