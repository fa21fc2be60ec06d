"""The demo's house starts and shows whatever the wiring has."""

from __future__ import annotations

import io

from rich.console import Console

from stages.adapters.database.trail import Totals
from stages.demo.house import KEEPERS, STAGES
from stages.demo.progress import Progress, StageLoad, as_table
from stages.running import runnable

NOTHING = Totals(0, 0, 0, 0, 0, ended=0, dropped=0, drops={}, by_intent={}, p50_ms=None, p99_ms=None)


def test_all_that_runs_on_redis_is_started_once_but_the_archiver() -> None:
    assert sorted((*STAGES, *KEEPERS, "archiver")) == sorted(runnable("redis"))


def test_a_stage_that_the_table_knows_no_word_for_has_its_line() -> None:
    loads = {name: StageLoad(0, 0, 0, 1) for name in ("ingest", "projector")} | {
        "bulk": StageLoad(42, 0, 0, 1)
    }
    said = io.StringIO()
    Console(file=said, width=100).print(as_table(Progress(comments=7, dead=0, loads=loads, totals=NOTHING)))
    [line] = [line for line in said.getvalue().splitlines() if "bulk" in line]
    assert "42" in line
    assert "projector" not in said.getvalue()
