"""The small run of the benchmark: everything is killed while comments come in, and four ledgers agree at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.recovery.run import Options, run
from pipeline.embedded.identity import Identity
from tests.e2e.processes import alive, descendants

SEED = 1


@pytest.mark.timeout(300)
async def test_kills_lose_and_double_nothing_and_every_poison_is_a_dead_letter(tmp_path: Path) -> None:
    others: set[Identity] = descendants()
    report = await run(Options(comments=500, kills=10, seed=SEED), tmp_path / "run")
    counts = (report.lost, report.double_orders, report.double_charges, report.double_messages)
    assert counts == (0, 0, 0, 0), report.as_json()
    assert report.poison_found == report.poison_planted == report.dead_lettered > 0
    assert report.kills == 10
    assert report.unexpected_exits == 0
    assert report.comments == 500
    assert 0 < report.paid < report.orders
    assert report.sold_out > 0
    assert report.faults > 0
    assert alive(descendants() - others) == []


@pytest.mark.timeout(300)
async def test_what_a_power_cut_took_from_redis_is_finished_from_the_database(tmp_path: Path) -> None:
    options = Options(comments=300, kills=0, seed=SEED, power_cuts=3)
    report = await run(options, tmp_path / "run")
    counts = (report.lost, report.double_orders, report.double_charges, report.double_messages)
    assert counts == (0, 0, 0, 0), report.as_json()
    assert report.is_clean
    assert report.power_cuts == 3
    assert report.bytes_cut > 0
    assert report.replayed["unfinished"] == 0
    assert report.unexpected_exits == 0
