"""A connector as a process of its own, and what of its comments came to the database."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from pipeline.stage import PUBLIC_STREAM, Limits
from stages.adapters.database import Database
from stages.adapters.database.comments import Comments
from stages.ingest import ingest_stage
from stages.sources import Sources
from tests.contract.rig import Rig

_START_SECONDS = 60.0  # a loaded machine needs long to import a platform's library


class Process:
    """`tiktoksales connect ...`, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ended(self) -> int:
        """Its exit status, once it ended by itself."""
        async with asyncio.timeout(_START_SECONDS):
            return await self._process.wait()

    async def kill(self) -> None:
        """As a crash would: no time to say anything."""
        self._process.kill()
        await self._process.wait()

    async def interrupt(self) -> int:
        """SIGTERM; its exit status."""
        self._process.terminate()
        return await self.ended()

    async def stop(self) -> None:
        """Whatever it does."""
        if self._process.returncode is None:
            await self.kill()


@asynccontextmanager
async def connecting(*arguments: str | Path, cwd: Path, **settings: str) -> AsyncIterator[Process]:
    """`connect` with these arguments and settings (environment variables, in lower case); its log goes to the file
    `connector.log` below `cwd`."""
    environment = {name.upper(): value for name, value in settings.items()}
    with (cwd / "connector.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "stages",
            "connect",
            *map(str, arguments),
            cwd=cwd,
            stderr=log,
            env={**os.environ, **environment},
        )
    running = Process(process)
    try:
        yield running
    finally:
        await running.stop()


async def pushed(rig: Rig) -> list[Mapping[str, str]]:
    """The entries of the public stream, in their order."""
    entries = await rig.fields(PUBLIC_STREAM)
    return [{name.decode(): value.decode() for name, value in fields.items()} for fields in entries]


async def until_pushed(rig: Rig, count: int) -> None:
    """Wait until at least so many entries stand in the public stream."""

    async def reached() -> bool:
        return await rig.length(PUBLIC_STREAM) >= count

    await rig.until(reached, _START_SECONDS)


async def stored(rig: Rig, database: Database, sources: Sources, streamer: str) -> Counter[tuple[str, str]]:
    """Take in all that stands in the public stream, and tell how often each (kind, message id) is in the database."""
    rig.start(ingest_stage(Limits(timeout_seconds=10), store=Comments(database), sources=sources))
    entries = len(await pushed(rig))

    async def taken_in() -> bool:
        return await _settled(rig) == entries

    await rig.until(taken_in)
    await rig.drain()
    assert await rig.letters() == []
    async with database.transaction() as connection:
        rows = await connection.fetch(
            "select kind, message_id from chat_messages where streamer = $1", streamer
        )
    return Counter((row["kind"], row["message_id"]) for row in rows)


async def _settled(rig: Rig) -> int:
    """How many entries of the public stream have been settled."""
    groups = await rig.redis.xinfo_groups(PUBLIC_STREAM)
    return int(groups[0]["entries-read"] or 0) - int(groups[0]["pending"]) if groups else 0
