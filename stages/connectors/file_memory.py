"""A connector's memory in a file, for a connector that has no Redis."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Self

from stages.connectors.away import Away, Refused
from stages.connectors.memory import MEMORY_SECONDS
from stages.connectors.source import Checkpoint

_TABLES = (files("stages.connectors") / "file_memory.sql").read_text()


class FileMemory:
    """A SQLite file of one platform and streamer. `clock` counts epoch seconds."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._connection, self._clock = connection, clock

    @classmethod
    @contextmanager
    def open(cls, path: Path, clock: Callable[[], float]) -> Iterator[Self]:
        """The memory in `path`, which is made where it is not there, and is this process's own until the end.
        Raises Refused."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        try:
            memory = cls(connection, clock)
            try:
                connection.executescript(_TABLES)
                memory._forget()
            except sqlite3.Error as error:
                raise _unusable(path, error) from error
            yield memory
        finally:
            connection.close()

    async def known(self, identities: Sequence[str]) -> Collection[str]:
        """As Memory.known."""
        return await asyncio.to_thread(self._known, identities)

    async def remember(self, identities: Sequence[str], checkpoint: Checkpoint | None) -> None:
        """As Memory.remember."""
        await asyncio.to_thread(self._remember, identities, checkpoint)

    async def checkpoint(self) -> Checkpoint | None:
        """As Memory.checkpoint."""
        row = self._connection.execute("select token from checkpoint").fetchone()
        return Checkpoint(row[0]) if row else None

    def _known(self, identities: Sequence[str]) -> set[str]:
        found = (
            self._connection.execute("select 1 from pushed where identity = ?", (each,)).fetchone()
            for each in identities
        )
        return {identity for identity, row in zip(identities, found, strict=True) if row}

    def _remember(self, identities: Sequence[str], checkpoint: Checkpoint | None) -> None:
        now = self._clock()
        try:
            self._connection.execute("begin immediate")
            with self._connection:
                self._connection.executemany(
                    "insert into pushed values (?, ?) on conflict (identity) do update set at = excluded.at",
                    [(each, now) for each in identities],
                )
                if checkpoint is not None:
                    self._connection.execute(
                        "insert into checkpoint values (1, ?) on conflict (id) do update set token = excluded.token",
                        (checkpoint.token,),
                    )
        except sqlite3.OperationalError as error:  # the disk is full, or gone
            raise Away(f"The memory can't be written: {error}.") from error

    def _forget(self) -> None:
        self._connection.execute("delete from pushed where at < ?", (self._clock() - MEMORY_SECONDS,))


def _unusable(path: Path, error: Exception) -> Refused:
    if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname == "SQLITE_BUSY":
        return Refused(f"Another connector uses {path}: give each a --memory of its own.")
    return Refused(f"{path} can't be used as the connector's memory: {error}. See --memory.")
