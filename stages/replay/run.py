"""Runs the verb `replay` and prints what came of it."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
from rich.console import Console

from pipeline.cli import run_async
from stages.replay.progress import shown
from stages.replay.repair import repair
from stages.replay.report import shadow_table, summary_table
from stages.replay.request import Request, parse_span, parse_speed
from stages.replay.shadow import compare
from stages.settings import ShopSettings


def run_replay(
    begins: str | None,
    ends: str,
    streamer: str | None,
    speed: str,
    *,
    shadow: bool,
    from_database: bool,
    as_json: bool,
) -> None:
    """Replay with the settings of the environment. Raises BadRequest, ReplayInterrupted, and what Wiring.open does."""
    now = datetime.now(UTC)
    request = Request(
        span=parse_span(begins, ends, now, open_start=from_database),
        streamer=streamer,
        speed=parse_speed(speed),
        from_database=from_database,
    )
    settings = ShopSettings()
    console, watch = Console(), nullcontext if as_json else shown
    if shadow:
        comparison = run_async(compare(settings, request, watch))
        _print(comparison.as_json(), as_json, console, shadow_table(comparison))
    else:
        summary = run_async(repair(settings, request, uuid4().hex[:12], watch)).summary()
        _print(summary, as_json, console, summary_table(summary))


def _print(values: dict[str, Any], as_json: bool, console: Console, table: Any) -> None:
    if as_json:
        sys.stdout.write(orjson.dumps(values).decode() + "\n")
    else:
        console.print(table)
