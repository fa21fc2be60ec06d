"""`tiktoksales audit`: it finds each disagreement that is planted, and no other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from pipeline.decision import derived_id
from pipeline.engines.redis.standing import Standing
from pipeline.events import EndState
from schemas.codec import UnreadableRecord
from stages.adapters.database import Database
from stages.adapters.database.audit import AuditedComments
from stages.adapters.database.comments import Comments
from stages.adapters.database.end_states import EndStates
from stages.adapters.database.history import Past
from stages.archive.archive import Archive
from stages.archive.entry import Entry
from stages.audit.auditor import Witnesses, audit
from stages.audit.finding import Audit
from stages.ingest import open_comment
from stages.sources import Sources
from tests.contract.archive_room import DAY_MS, ArchiveRoom, archive_room
from tests.shell import tiktoksales

DAY = date(2023, 11, 15)
NOISE = ("streamer", b"\xff", "noise", "1", "noise", "2")


class AuditRoom(ArchiveRoom):
    """The room with the shop's database."""

    def __init__(
        self, redis: Redis, url: str, archive: Archive, database: Database, database_url: str
    ) -> None:
        super().__init__(redis, url, archive)
        self.database, self.database_url = database, database_url

    async def take_in(self) -> None:
        """Store everything in the stream as ingest and the projector do."""
        raw = [
            Entry(each.seq, each.parts)
            async for page in self.entries.pages((0, 0), (2**42, 0), 100)
            for each in page
        ]
        for entry in raw:
            try:
                comment = open_comment(entry.seq, entry.fields, sources=Sources()).record
                await Comments(self.database).store([comment])
            except UnreadableRecord:
                await EndStates(self.database).record([_rejected(entry.seq)])
        await self.redis.execute_command("XGROUP", "SETID", self.keys.comments, "ingest", "$")

    async def change(self, query: str, *values: object) -> None:
        """Change the database behind everybody's back."""
        async with self.database.transaction() as connection:
            await connection.execute(query, *values)

    async def audit(self, day: date = DAY, *, with_archive: bool = True) -> Audit:
        """The audit."""
        witnesses = Witnesses(
            self.archive if with_archive else None,
            self.mark,
            self.entries,
            Standing(self.redis, self.keys),
            AuditedComments(self.database),
            Past(self.database),
            "ingest",
        )
        return await audit(witnesses, day, lambda: int(self.now * 1000))

    async def found(self) -> dict[str, list[str]]:
        """Where the audit finds differences, by kind."""
        return {kind: each.where for kind, each in (await self.audit()).differences.items() if each.count}


def _rejected(seq: str) -> EndState:
    comment_id = derived_id(f"comments_stream/{seq}")
    return EndState(
        comment_id=comment_id,
        seq=seq,
        stage="ingest",
        outcome="rejected",
        reason="",
        hops=[],
        ended_ms=DAY_MS,
    )


@pytest.fixture
async def room(redis_url: str, new_database: Callable[[], str], tmp_path: Path) -> AsyncIterator[AuditRoom]:
    """A day of 40 comments, a repetition and some noise: a part lies in the archive, a part in both, a part in the
    stream."""
    url = new_database()
    async with Database.opened(url) as database, archive_room(redis_url, tmp_path / "archive") as bare:
        room = AuditRoom(bare.redis, redis_url, bare.archive, database, url)
        await room.redis.execute_command("XGROUP", "CREATE", room.keys.comments, "ingest", "0", "MKSTREAM")
        for number in range(40):
            fields = ("streamer", "ana", "client", f"viewer-{number % 4}", "message", f"mine {number}")
            await room.add(number * 90_000, *fields, "message_id", str(max(1, number)))
            if number % 10 == 0:
                await room.add(number * 90_000 + 1, *NOISE)
        await room.take_in()
        for seconds, trims in ((2000, True), (3000, False)):
            room.now = DAY_MS / 1000 + seconds
            await room.archive_all()
            if trims:
                await room.trimmer.trim()
        room.now = DAY_MS / 1000 + 4000
        yield room


async def test_a_day_that_agrees(room: AuditRoom) -> None:
    found = await room.audit()
    assert found.agrees
    streamed = len(await room.stream_ids())
    assert found.counts.streamed == streamed > 4
    counts = {**asdict(found.counts), "archived": 0, "streamed": 0}
    assert counts == {
        "archived": 0, "streamed": 0, "recorded": 44, "stored": 39, "repeated": 1, "rejected": 4, "forgotten": 0,
        "under_way": 0,
    }  # fmt: skip
    assert found.counts.archived + streamed > 44, "some lie in both"
    assert (await room.audit(date(2023, 11, 16))).counts.recorded == 0


async def test_a_comment_that_the_database_lost(room: AuditRoom) -> None:
    await room.change("delete from chat_messages where message = any($1)", ["mine 7", "mine 39"])
    found = await room.found()
    assert found == {"missing_in_database": [f"{DAY_MS + 630_000}-0", f"{DAY_MS + 3_510_000}-0"]}


async def test_noise_whose_end_nobody_wrote_down(room: AuditRoom) -> None:
    await room.change("delete from end_states where seq = $1", f"{DAY_MS + 900_001}-0")
    assert await room.found() == {"missing_in_database": [f"{DAY_MS + 900_001}-0"]}


async def test_what_ingest_has_not_finished_is_on_its_way(room: AuditRoom) -> None:
    await room.add(3_999_000)
    found = await room.audit()
    assert found.agrees
    assert found.counts.under_way == 1
    room.now += 3600
    await room.redis.execute_command("XGROUP", "SETID", room.keys.comments, "ingest", "$")
    assert await room.found() == {"missing_in_database": [f"{DAY_MS + 3_999_000}-0"]}


async def test_a_comment_that_nobody_recorded(room: AuditRoom) -> None:
    streamed = await room.stream_ids()
    await room.redis.execute_command("XDEL", room.keys.comments, streamed[-1])
    lost = f"{DAY_MS + 3_510_000}-0"
    assert streamed[-1] == lost
    assert await room.found() == {"missing_in_archive_and_stream": [lost]}


async def test_a_stretch_that_the_archive_lost(room: AuditRoom) -> None:
    stretches = await room.archive.stretches_of(DAY)
    streamed = await room.stream_ids()
    first, last = stretches[0], next(each for each in stretches if f"{each.first[0]}-0" in streamed)
    await room.archive.objects.delete([first.path, last.path])
    assert await room.found() == {
        "missing_in_archive_and_stream": [f"{DAY_MS}-0"],
        "missing_in_archive": [f"{last.first[0]}-0"],
    }


async def test_a_file_that_was_damaged_or_changed(room: AuditRoom) -> None:
    manifests = [await room.archive.manifest(each) for each in await room.archive.stretches_of(DAY)]
    first, second, third = (manifests[number] for number in (2, 4, 6))
    await room.archive.objects.put(first.files[0].path, b"PAR1 and nothing behind it")
    entries = await room.archive.read_file(second.files[0])
    other = await room.archive.write_file(DAY, "ana", [Entry(entries[0].seq, (b"message", b"never said"))])
    await room.archive.objects.put(second.files[0].path, await room.archive.objects.get(other.path))
    await room.archive.objects.delete([third.files[0].path])
    found = await room.found()
    assert found["missing_in_archive_and_stream"] == [first.first, second.first, third.first]
    damaged = found["damaged"]
    assert [
        words in text for words, text in zip(("Parquet", "another hash", "not there"), damaged, strict=True)
    ] == [True] * 3


async def test_other_words_in_the_database(room: AuditRoom) -> None:
    await room.change("update chat_messages set message = 'never said' where message = 'mine 5'")
    assert await room.found() == {"other_in_database": [f"{DAY_MS + 450_000}-0"]}


async def test_another_content_in_the_stream(room: AuditRoom) -> None:
    await room.redis.execute_command("DEL", room.keys.comments)
    await room.add(2_880_000, "streamer", "ana", "client", "bo", "message", "never said", number="0")
    found = await room.found()
    assert found["other_in_stream"] == [f"{DAY_MS + 2_880_000}-0"]


async def test_a_forgotten_viewer_leaves_no_disagreement(room: AuditRoom) -> None:
    await room.change(
        "update chat_messages set client = 'erased', client_id = null, message = '(erased)' where client = 'viewer-1'"
    )
    assert len((await room.found())["other_in_database"]) == 9, "archive and stream still know them"
    is_theirs = {b"client": b"viewer-1"}.items()
    streamed = [each async for page in room.entries.pages((0, 0), (2**42, 0), 100) for each in page]
    for each in streamed:
        if is_theirs <= Entry(each.seq, each.parts).fields.items():
            await room.redis.execute_command("XDEL", room.keys.comments, each.seq)
    await room.redaction().redact(lambda fields: is_theirs <= fields.items())
    found = await room.audit()
    assert found.agrees
    assert found.counts.forgotten == 10


async def test_without_an_archive_stream_and_database_are_compared(room: AuditRoom) -> None:
    found = await room.audit(with_archive=False)
    assert [kind for kind, each in found.differences.items() if each.count] == [
        "missing_in_archive_and_stream"
    ]
    assert found.counts.stored > 0


async def test_an_order_that_a_shops_software_asked_for_was_never_recorded(room: AuditRoom) -> None:
    await room.change(
        "insert into chat_messages (id, seq, streamer, client, platform, message, sent_at, source, verified, kind)"
        " values ($1, $2, 'ana', 'bo', 'tiktok', 'order', now(), 'order request', false, 'order')",
        uuid4(), f"{DAY_MS + 5}-600000",
    )  # fmt: skip
    assert (await room.audit()).agrees


async def test_the_verb_says_so_and_ends_with_a_status(
    room: AuditRoom, redis_url: str, tmp_path: Path
) -> None:
    settings = {
        "redis_url": redis_url,
        "database_url": room.database_url,
        "archive_url": (tmp_path / "archive").as_uri(),
    }
    said = await tiktoksales("audit", "--day", "2023-11-15", **settings)
    assert said.status == 0, said.err
    assert "Archive, stream and database agree." in said.out
    await room.change("delete from chat_messages where message = 'mine 7'")
    said = await tiktoksales("audit", "--day", "2023-11-15", "--json", **settings)
    assert said.status == 1
    assert json.loads(said.out)["differences"] == {
        "missing_in_database": {"count": 1, "where": [f"{DAY_MS + 630_000}-0"]}
    }
