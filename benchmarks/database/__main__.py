"""`python -m benchmarks.database [--short] [--comments N] [--keep DIR]`: see benchmarks/README.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from benchmarks.database.explained import Explained, explain, statement_names
from benchmarks.database.filling import fill
from benchmarks.database.plans import scans_in
from benchmarks.database.reports import REPORTS
from benchmarks.database.server import LargePostgres
from benchmarks.database.values import Sample
from stages.adapters.database.migrate import migrate

_COMMENTS, _SHORT = 10_000_000, 200_000
_STREAMERS = ("streamer-0", "streamer-199")  # a 14th of all comments, and a 400th
_LARGE_SHARE, _LARGE_ROWS = (
    1 / 400,
    20_000,
)  # of the comments, and at least so many rows: such a table is large
_ROUNDS, _LONG_MS = (
    3,
    1_000.0,
)  # the best counts, for what was read first is in memory then; what takes long runs twice


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found as one line of JSON; 1 where a statement scans a large table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.database", description=__doc__)
    parser.add_argument("--comments", type=int, default=_COMMENTS, help="a tenth of them become orders")
    parser.add_argument("--short", action="store_true", help=f"{_SHORT:,} comments")
    parser.add_argument(
        "--keep", type=Path, help="a folder for the server; what lies there is not filled again"
    )
    given = parser.parse_args(arguments)
    comments = _SHORT if given.short else given.comments
    with tempfile.TemporaryDirectory() as folder:
        found = _measured(given.keep or Path(folder) / "server", comments)
    print(json.dumps(found))
    return 1 if found["scanning"] else 0


def _measured(folder: Path, comments: int) -> dict[str, Any]:
    is_filled = folder.exists()
    with LargePostgres(folder) as server:
        migrate(server.url)
        began, steps = time.monotonic(), {}
        if not is_filled:
            print(f"filling: {comments:,} comments ...", file=sys.stderr)
            steps = fill(server.url, comments)
        filled = time.monotonic() - began
        results = asyncio.run(_explain_all(server.url, comments))
        return {
            "comments": comments,
            "orders": comments // 10,
            "fill_s": round(filled, 1),
            "fill_steps_s": steps,
            **results,
        }


async def _explain_all(url: str, comments: int) -> dict[str, Any]:
    connection = await asyncpg.connect(url, command_timeout=600)
    try:
        await connection.set_type_codec(
            "jsonb",
            schema="pg_catalog",
            encoder=lambda value: orjson.dumps(value).decode(),
            decoder=orjson.loads,
        )
        rows = await connection.fetch(
            "select relname, reltuples from pg_class"
            " where relkind = 'r' and relnamespace = current_schema()::regnamespace and reltuples >= $1",
            max(_LARGE_ROWS, comments * _LARGE_SHARE),
        )
        large = {row["relname"]: row["reltuples"] for row in rows}
        size: int = await connection.fetchval("select pg_database_size(current_database())")
        scanning: dict[str, list[str]] = {}
        reports: dict[str, float | None] = {}
        times: dict[str, float] = {}
        for name in statement_names():
            found, scans = await _worst(
                connection, name, _samples(comments, await _newest_ms(connection)), large
            )
            if found.milliseconds is not None and name not in REPORTS:
                times[name] = found.milliseconds
            if name in REPORTS:
                reports[name] = found.milliseconds
            elif scans:
                scanning[name] = scans
                print(f"{name}: {'; '.join(scans)}", file=sys.stderr)
    finally:
        await connection.close()
    return {
        "database_gb": round(size / 1e9, 2),
        "queries": len(list(statement_names())),
        "executed": len(times),
        "scanning": scanning,
        "worst_ms": dict(sorted(times.items(), key=lambda each: -each[1])[:10]),
        "reports_ms": reports,
    }


async def _newest_ms(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    rank: int = await connection.fetchval("select max(seq_rank) from chat_messages")
    return rank >> 20


def _samples(comments: int, newest_ms: int) -> list[Sample]:
    number = comments * 8 // 10 // 10 * 10
    step_ms = max(1, 365 * 24 * 3600 * 1000 // comments)
    came_ms = newest_ms - (comments - 1 - number) * step_ms
    return [Sample(number, came_ms, max(1, comments // 20), streamer) for streamer in _STREAMERS]


async def _worst(
    connection: asyncpg.Connection[asyncpg.Record],
    name: str,
    samples: Sequence[Sample],
    large: dict[str, float],
) -> tuple[Explained, list[str]]:
    """The slowest of the samples, each at its best, and what any of them scans."""
    scans: list[str] = []
    found: list[Explained] = []
    for sample in samples:
        rounds = [await explain(connection, name, sample, run=True)]
        while len(rounds) < 2 or (len(rounds) < _ROUNDS and (rounds[-1].milliseconds or 0.0) < _LONG_MS):
            rounds.append(await explain(connection, name, sample, run=True))
        scans += [words for words in scans_in(rounds[-1].plan, large) if words not in scans]
        found.append(min(rounds, key=lambda each: each.milliseconds or 0.0))
    return max(found, key=lambda each: each.milliseconds or 0.0), scans


if __name__ == "__main__":
    sys.exit(main())
