"""A past show's file is played into the pipeline, each comment once, also when the connector is killed in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from stages.adapters.database import Database
from stages.sources import Sources
from tests.contract.connected import connecting, pushed, stored, until_pushed
from tests.contract.door import door_on
from tests.contract.rig import Rig, rig_on
from tests.contract.served import served

SOURCES = Sources({"file": "a key"})
LINES = 300
SOURCE_KEYS = '{"file": "a key"}'


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as rig:
        yield rig


def written(path: Path, lines: int) -> Path:
    """A show of 20 comments a second."""
    recorded = [
        {"at": number / 20, "client": f"viewer {number % 7}", "message": f"number {number}", "message_id": f"m{number}"}
        for number in range(lines)
    ]  # fmt: skip
    path.write_bytes(b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in recorded))
    return path


async def test_killed_in_the_middle_and_started_again_every_comment_is_in_the_database_once(
    rig: Rig, database: Database, tmp_path: Path
) -> None:
    show = written(tmp_path / "show.ndjson", LINES)
    arguments = ("file", show, "--streamer", "maya.closet")
    settings = {"redis_url": rig.url, "source_keys": SOURCE_KEYS}
    async with connecting(*arguments, "--speed", "20", cwd=tmp_path, **settings) as connector:
        await until_pushed(rig, 40)
        await connector.kill()
    assert 0 < len(await pushed(rig)) < LINES
    async with connecting(*arguments, "--speed", "inf", cwd=tmp_path, **settings) as connector:
        assert await connector.ended() == 0
    entries = await pushed(rig)
    assert {SOURCES.vouch(entry) for entry in entries} == {("file", False)}
    assert await stored(rig, database, SOURCES, "maya.closet") == Counter(
        {("comment", f"m{number}"): 1 for number in range(LINES)}
    )
    times = {entry["message_id"]: entry["timestamp"] for entry in entries}
    assert len(set(times.values())) == LINES  # the show goes on where it was, and does not begin anew


async def test_without_redis_it_goes_by_the_gateway_and_remembers_in_a_file(rig: Rig, tmp_path: Path) -> None:
    show = written(tmp_path / "show.ndjson", LINES)
    async with door_on(rig.url) as door, served(door.app) as at:
        arguments = ("file", show, "--streamer", "maya.closet", "--via", f"http://{at}")
        async with connecting(*arguments, "--speed", "20", cwd=tmp_path) as connector:
            await until_pushed(rig, 40)
            await connector.kill()
        async with connecting(*arguments, "--speed", "inf", cwd=tmp_path) as connector:
            assert await connector.ended() == 0
    entries = await pushed(rig)
    assert [entry["message_id"] for entry in entries] == [f"m{number}" for number in range(LINES)]
    assert {entry["source"] for entry in entries} == {"gateway"}
    assert (tmp_path / ".connectors" / "file-maya.closet.sqlite").exists()
