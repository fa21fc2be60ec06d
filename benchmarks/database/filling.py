"""Fills a migrated database quickly: without indexes, which are made again at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import psycopg

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
_STATEMENTS = (Path(__file__).parent / "fill.sql").read_text(encoding="utf-8")
_YEAR_MS = 365 * 24 * 3600 * 1000
_BUYERS_SHARE = 20  # comments of each buyer
_CONSTRAINTS = """
    select conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype::text
    from pg_constraint
    where connamespace = current_schema()::regnamespace and contype in ('p', 'u', 'f') and conrelid <> 0
      and conrelid::regclass::text !~ '_yoyo|yoyo_'
    order by contype = 'f', contype"""
_INDEXES = """
    select indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    from pg_index as i join pg_class as c on c.oid = i.indexrelid
    where c.relnamespace = current_schema()::regnamespace
      and not exists (select from pg_constraint as k where k.conindid = i.indexrelid)
      and i.indrelid::regclass::text !~ '_yoyo|yoyo_'"""


def fill(url: str, comments: int) -> dict[str, float]:
    """Fill the tables with so many comments and a tenth as many orders. Returns the seconds of each step."""
    with psycopg.connect(url, autocommit=True) as connection:
        steps: dict[str, float] = {}
        # No checks: the rows are sound by the way they are made.
        connection.execute("set session_replication_role = replica")
        connection.execute("set maintenance_work_mem = '512MB'")
        with _without_indexes(connection, steps):
            began = time.monotonic()
            _insert(connection, comments)
            steps["rows"] = round(time.monotonic() - began, 1)
        began = time.monotonic()
        connection.execute("vacuum analyze")
        steps["analyze"] = round(time.monotonic() - began, 1)
        return steps


def _insert(connection: Connection, comments: int) -> None:
    now_ms = int(time.time() * 1000)
    step_ms = max(1, _YEAR_MS // comments)
    values = {
        "comments": comments,
        "buyers": max(1, comments // _BUYERS_SHARE),
        "begin_ms": now_ms - step_ms * comments,
        "step_ms": step_ms,
    }
    for name, value in values.items():
        connection.execute("select set_config(%s, %s, false)", (f"fill.{name}", str(value)))
    for statement in _STATEMENTS.split(";\n"):
        if statement.strip():
            connection.execute(statement.encode())


@contextmanager
def _without_indexes(connection: Connection, steps: dict[str, float]) -> Iterator[None]:
    constraints = connection.execute(_CONSTRAINTS).fetchall()
    indexes = connection.execute(_INDEXES).fetchall()
    for table, name, _, _ in reversed(constraints):
        connection.execute(f"alter table {table} drop constraint {name}".encode())
    for name, _ in indexes:
        connection.execute(f"drop index {name}".encode())
    for table in sorted({table for table, *_ in constraints}):
        connection.execute(f"alter table {table} set unlogged".encode())  # it is filled once, and thrown away
    yield
    began = time.monotonic()
    for table, name, definition, _ in constraints:
        connection.execute(f"alter table {table} add constraint {name} {definition}".encode())
    for _, definition in indexes:
        connection.execute(definition.encode())
    steps["indexes"] = round(time.monotonic() - began, 1)
