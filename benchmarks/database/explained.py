"""Every statement of the product, planned by Postgres."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from benchmarks.database.values import Sample, values_of
from stages.adapters.database.statements import sql_files, statement

_OPERATORS = frozenset(("console/streamers", "console/viewer"))


def runs_as_streamer(name: str) -> bool:
    """Whether the statement runs with a streamer's own rights: row-level security is a part of its plan."""
    return name.startswith("console/") and name not in _OPERATORS


NO_PLAN = frozenset(("access/become_streamer",))
"""What is no query."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement's plan, and how long it took (None where it could not be carried out on made-up values)."""

    name: str
    plan: Mapping[str, Any]
    milliseconds: float | None


def statement_names() -> Iterator[str]:
    """All that there are: a new file is among them."""
    for folder in sorted(sql_files().iterdir(), key=lambda each: each.name):
        if folder.is_dir():
            names = sorted(
                file.name.removesuffix(".sql") for file in folder.iterdir() if file.name.endswith(".sql")
            )
            yield from (name for each in names if (name := f"{folder.name}/{each}") not in NO_PLAN)


async def explain(
    connection: asyncpg.Connection[asyncpg.Record], name: str, sample: Sample, *, run: bool
) -> Explained:
    """The plan of a statement for the sample's values; with `run` as it was carried out, and taken back."""
    text = statement(name)
    prepared = await connection.prepare(text)
    types = [_short(each) for each in prepared.get_parameters()]
    values = values_of(name, text, types, sample)
    if run:
        try:
            return await _explained(connection, name, text, values, sample, "analyze, buffers, format json")
        except asyncpg.IntegrityConstraintViolationError:  # the row is there, or what it belongs to is not
            pass
    return await _explained(connection, name, text, values, sample, "format json")


async def explain_kept(
    connection: asyncpg.Connection[asyncpg.Record], name: str, sample: Sample
) -> Mapping[str, Any]:
    """The plan that the product's connections keep of a statement, whatever its values. The connection's
    `plan_cache_mode` is `force_generic_plan`, as theirs is."""
    text = statement(name)
    count = len((await connection.prepare(text)).get_parameters())
    values = f"({', '.join(['null'] * count)})" if count else ""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"prepare kept as {text}")
        if runs_as_streamer(name):
            await connection.execute(statement("access/show_pass"), sample.streamer)
            await connection.execute(statement("access/become_streamer"))
        [row] = await connection.fetch(f"explain (format json) execute kept{values}")
    finally:
        await transaction.rollback()
        await connection.execute("deallocate kept")
    plan: Mapping[str, Any] = orjson.loads(row[0])[0]["Plan"]
    return plan


async def _explained(
    connection: asyncpg.Connection[asyncpg.Record],
    name: str,
    text: str,
    values: Sequence[Any],
    sample: Sample,
    how: str,
) -> Explained:
    transaction = connection.transaction()
    await transaction.start()
    try:
        if runs_as_streamer(name):
            await connection.execute(statement("access/show_pass"), sample.streamer)
            await connection.execute(statement("access/become_streamer"))
        rows = await connection.fetch(f"explain ({how}) {text}", *values)
    finally:
        await transaction.rollback()
    [found] = orjson.loads(rows[0][0])
    return Explained(name, found["Plan"], found.get("Execution Time"))


def _short(kind: asyncpg.Type) -> str:
    return f"{kind.name.removesuffix('[]').removeprefix('_')}[]" if kind.kind == "array" else kind.name
