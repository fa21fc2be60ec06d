"""The sandbox's memory: one SQLite file (or none), written in transactions that survive a SIGKILL."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

Document = dict[str, Any]
"""A JSON object."""

Value = str | int | float | bytes | None


class Store:
    """Named queries on SQLite; a `transaction` is atomic and on disk for the operating system at its end."""

    def __init__(self, path: Path | None) -> None:
        """Opens and, where needed, creates the file; None keeps everything in memory."""
        self._queries = _named_queries((files("stages.sandbox") / "sql/queries.sql").read_text())
        self._connection = sqlite3.connect(path or ":memory:", isolation_level=None, cached_statements=256)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        # WAL with NORMAL survives the death of the process; only a power cut may lose the last commits.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript((files("stages.sandbox") / "sql/schema.sql").read_text())

    def run(self, query: str, values: Mapping[str, Value]) -> None:
        self._connection.execute(self._queries[query], values)

    def one(self, query: str, values: Mapping[str, Value]) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(self._queries[query], values).fetchone()
        return row

    def many(self, query: str, values: Mapping[str, Value]) -> list[sqlite3.Row]:
        return self._connection.execute(self._queries[query], values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Nothing may be awaited inside: the connection is shared by the whole process."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def new_id(prefix: str) -> str:
    """An identifier that never was, such as `pi_5f0c...` for the prefix `pi`."""
    return f"{prefix}_{secrets.token_hex(12)}"


def _named_queries(text: str) -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)$", text, flags=re.MULTILINE)
    return {name: query.strip() for name, query in zip(parts[1::2], parts[2::2], strict=True)}
