"""The archive: whole, checked, and never behind what is trimmed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from pipeline.engines.redis.standing import Standing
from pipeline.entry_id import parse_id
from stages.archive.archive import Archive
from stages.archive.failure import ArchiveAway, DamagedArchive, ForeignArchive
from stages.archive.metrics import FAILURES
from stages.archive.store import Objects
from tests.contract.archive_room import DAY_MS, EVER, ArchiveRoom, archive_room
from tests.fixtures_servers import emptied
from tests.redis_servers import Kind, Running
from tests.valkey_cluster import ValkeyCluster

ODD = (
    ("streamer", b"\xff\xfe", "message", b"\x00\x80"),  # no text
    ("message", "one", "message", "two", "message", "two"),  # a field that comes twice
    ("streamer", "a/b.c %?\u00e9\U0001f600", "client", "", "", "no name"),
    ("streamer", "x" * 300, "message", "m" * 70_000),
)


@pytest.fixture
async def room(redis_url: str, tmp_path: Path) -> AsyncIterator[ArchiveRoom]:
    async with archive_room(redis_url, tmp_path / "archive") as room:
        yield room


class Forgetful(Objects):
    """A store that keeps something else than it was given."""

    async def put(self, path: str, data: bytes) -> None:
        await super().put(path, data[:-20] + bytes(20) if path.endswith(".parquet") else data)


class Away(Objects):
    """A store that is away after so many writes."""

    left = 0

    async def put(self, path: str, data: bytes) -> None:
        if self.left == 0:
            raise ArchiveAway(path, "it is away")
        self.left -= 1
        await super().put(path, data)


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_entries_are_kept_byte_for_byte(room: ArchiveRoom) -> None:
    ids = [await room.add(100 + number, *parts) for number, parts in enumerate(ODD)]
    await room.archive_all()
    kept = {entry.seq: entry.parts for entry in await room.archived()}
    as_bytes = [tuple(part.encode() if isinstance(part, str) else part for part in parts) for parts in ODD]
    assert kept == dict(zip(ids, as_bytes, strict=True))


async def test_others_find_the_files_by_day_and_streamer(room: ArchiveRoom, tmp_path: Path) -> None:
    await room.add(5)
    await room.add(6, "streamer", "a/b.c", "message", "hi")
    await room.add(24 * 3600 * 1000 - 4_000_000, "streamer", "ana", "message", "late")
    room.now += 24 * 3600
    await room.add(24 * 3600 * 1000 + 5, "streamer", "ana", "message", "next day")
    await room.archive_all()
    table = ds.dataset(tmp_path / "archive", format="parquet", partitioning="hive").to_table()
    found = sorted(zip(table["day"].to_pylist(), table["streamer"].to_pylist(), strict=True))
    assert found == [
        ("2023-11-15", "a/b.c"),
        ("2023-11-15", "ana"),
        ("2023-11-15", "ana"),
        ("2023-11-16", "ana"),
    ]
    assert table.schema.field("at").type.tz == "UTC"


async def test_nothing_is_trimmed_before_it_is_archived(room: ArchiveRoom) -> None:
    old = [await room.add(milliseconds) for milliseconds in (0, 1, 999, 1000, 5000)]
    new = await room.add(3_595_000)  # inside the window
    await room.settle_all()
    assert (await room.trimmer.trim()).entries == 0, "nothing was archived yet"
    await room.archiver.round()
    await room.trimmer.trim()
    assert await room.stream_ids() == [*old[3:], new], "the first second was archived"
    await room.archive_all()
    await room.trimmer.trim()
    assert await room.stream_ids() == [new]
    assert [entry.seq for entry in await room.archived()] == old


async def test_a_slot_is_archived_once_all_of_it_has_left_the_window(room: ArchiveRoom) -> None:
    first, second = await room.add(3_589_200), await room.add(3_589_900)
    room.now = (DAY_MS + 3_589_500) / 1000 + 10.0
    await room.archive_all()
    assert await room.archived() == []
    room.now += 0.5
    await room.archive_all()
    assert [entry.seq for entry in await room.archived()] == [first, second]


async def test_what_is_pending_stays_in_the_stream_and_is_archived_once(room: ArchiveRoom) -> None:
    await room.redis.execute_command("XGROUP", "CREATE", room.keys.comments, "ingest", "0", "MKSTREAM")
    ids = [await room.add(milliseconds) for milliseconds in (0, 10, 20)]
    await room.redis.execute_command(
        "XREADGROUP", "GROUP", "ingest", "one", "STREAMS", room.keys.comments, ">"
    )
    await room.redis.execute_command("XACK", room.keys.comments, "ingest", ids[0])
    await room.archive_all()
    await room.trimmer.trim()
    assert await room.stream_ids() == ids[1:]
    assert [entry.seq for entry in await room.archived()] == ids
    assert await room.past_ids() == ids


async def test_a_crash_before_the_mark_writes_nothing_twice(room: ArchiveRoom, tmp_path: Path) -> None:
    ids = [await room.add(milliseconds, "streamer", f"s{milliseconds % 3}") for milliseconds in range(30)]
    await room.archive_all()
    files = files_in(tmp_path)
    await room.redis.execute_command("DEL", room.keys.archived)
    await room.archive_all()
    assert files_in(tmp_path) == files
    assert [entry.seq for entry in await room.archived()] == ids


async def test_files_without_a_manifest_count_for_nothing(room: ArchiveRoom, tmp_path: Path) -> None:
    ids = [await room.add(milliseconds, "streamer", f"s{milliseconds % 3}") for milliseconds in range(30)]
    await room.settle_all()
    store = Away((tmp_path / "archive").as_uri())
    failures = FAILURES._value.get()
    for writes in range(4):  # three files and a manifest
        store.left = writes
        with pytest.raises(ArchiveAway):
            await room.another_archiver(Archive(store)).round()
        await room.trimmer.trim()
        assert len(await room.stream_ids()) == 30
        assert await room.archived() == []
    assert FAILURES._value.get() == failures + 4
    await room.archive_all()
    assert [entry.seq for entry in await room.archived()] == ids
    assert len(files_in(tmp_path)) == 4, "the files of the earlier tries were taken for what they are"


async def test_a_store_that_is_away_is_said_and_waited_for(
    room: ArchiveRoom, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await room.add(0)
    archiver = room.another_archiver(Archive(Away((tmp_path / "archive").as_uri())))
    assert not await archiver.once()
    said = capsys.readouterr()
    assert "nothing is trimmed" in said.out + said.err


async def test_a_store_that_keeps_something_else_is_not_believed(room: ArchiveRoom, tmp_path: Path) -> None:
    await room.add(0)
    await room.settle_all()
    forgetful = room.another_archiver(Archive(Forgetful((tmp_path / "archive").as_uri())))
    with pytest.raises(DamagedArchive, match="Parquet"):
        await forgetful.round()
    await room.trimmer.trim()
    assert len(await room.stream_ids()) == 1


async def test_an_archive_of_another_shop_is_left_alone(room: ArchiveRoom, tmp_path: Path) -> None:
    await room.add(0, "streamer", "theirs", number="0")
    await room.archive_all()
    files = files_in(tmp_path)
    await room.redis.flushall()
    await room.add(0, "streamer", "ours", number="0")
    await room.settle_all()
    with pytest.raises(ForeignArchive, match="another shop"):
        await room.archiver.round()
    await room.trimmer.trim()
    assert await room.stream_ids() == [f"{DAY_MS}-0"]
    assert files_in(tmp_path) == files


async def test_one_process_at_a_time_changes_the_archive(room: ArchiveRoom) -> None:
    await room.add(0)
    other = room.another_archiver()
    async with room.archiver._turn.taken() as ours:
        assert ours
        assert not await other.round()
        assert not await other._turn.move_mark((DAY_MS, 9)), "it would tell the trimmer what it has not done"
    assert await room.archived() == []
    assert await other.round()


async def test_a_full_redis_is_archived_and_trimmed(room: ArchiveRoom) -> None:
    for milliseconds in range(50):
        await room.add(milliseconds, "streamer", "ana", "message", "m" * 1000)
    await room.settle_all()
    await room.redis.config_set("maxmemory", "1")
    try:
        await room.archive_all()
        assert (await room.trimmer.trim()).entries == 49, "the last one that was given out stays"
    finally:
        await room.redis.config_set("maxmemory", "0")
    assert len(await room.archived()) == 50


async def test_names_without_end_get_no_folder_each(
    room: ArchiveRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.archive.archive._MOST_STREAMERS", 3)
    for number in range(40):
        await room.add(number, "streamer", "ana" if number % 2 else f"name-{number}", "message", "hi")
    await room.archive_all()
    assert len(files_in(tmp_path)) == 5
    assert len(await room.archived()) == 40
    assert len(await room.past_ids("name-38")) <= 40
    assert f"{DAY_MS + 38}-0" in await room.past_ids("name-38")


async def test_a_stretch_is_no_larger_than_memory_allows(
    room: ArchiveRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.archive.archiver._MOST_ENTRIES", 7)
    monkeypatch.setattr("stages.archive.archiver._PAGE", 3)
    ids = [await room.add(0) for _ in range(20)]
    await room.archive_all()
    assert len(await room.archive.stretches((0, 0), (2**42, 0))) == 3
    assert [entry.seq for entry in await room.archived()] == ids


async def test_replay_reads_archive_and_stream_as_one(room: ArchiveRoom) -> None:
    ids = [await room.add(number * 400, "streamer", f"s{number % 2}") for number in range(40)]
    ids += [await room.add(3_595_000 + number) for number in range(9)]
    await room.settle_all()
    for _ in range(6):  # each time a little more of it lies in the archive
        await room.archiver.round()
        assert await room.past_ids(page=4) == ids, "archived, and not trimmed"
        await room.trimmer.trim()
        assert await room.past_ids(page=4) == ids
    span = await room.history().bounds(EVER)
    assert span is not None
    assert (span.first_ms, span.end_ms) == (DAY_MS, DAY_MS + 3_595_009)
    await room.redis.flushall()
    assert await room.past_ids() == [entry.seq for entry in await room.archived()], "Redis is lost"


async def test_a_cluster_is_archived_as_a_single_server_is(
    redis_server: Callable[[Kind], Running], tmp_path: Path
) -> None:
    async with archive_room(emptied(redis_server(ValkeyCluster).url), tmp_path) as room:
        ids = [await room.add(number * 400) for number in range(6)] + [await room.add(3_595_000)]
        await room.settle_all()
        await room.archive_all()
        await room.trimmer.trim()
        assert await room.stream_ids() == ids[-1:]
        assert await room.past_ids() == ids
        assert await room.redaction().redact(lambda fields: True) == 6
        assert await Standing(room.redis, room.keys).unfinished_from("ingest") > parse_id(ids[-1])


async def test_replay_misses_nothing_that_moves_meanwhile(room: ArchiveRoom) -> None:
    ids = [await room.add(number * 400) for number in range(40)]
    await room.settle_all()
    found: list[str] = []
    async for page in room.history(page=3).pages(EVER):
        found += [entry.seq for entry in page]
        await room.archiver.round()  # it overtakes the reader
        await room.archiver.round()
        await room.trimmer.trim()
    assert found == ids
    assert await room.stream_ids() == ids[-1:], "the last one that was given out stays"


async def test_a_forgotten_viewer_is_in_no_file(room: ArchiveRoom, tmp_path: Path) -> None:
    ids = [
        await room.add(number, "streamer", "ana", "client", f"viewer-{number % 3}") for number in range(30)
    ]
    await room.archive_all()
    left_behind = tmp_path / "archive" / "day=2023-11-15" / "streamer=ana" / "1-0_2-0-aaaa.parquet"
    left_behind.write_bytes(b"viewer-1, as a crash left it")
    redacted = await room.redaction().redact(lambda fields: fields[b"client"] == b"viewer-1")
    assert redacted == 10
    entries = await room.archived()
    assert [entry.seq for entry in entries] == ids
    assert {entry.fields.get(b"client") for entry in entries} == {None, b"viewer-0", b"viewer-2"}
    assert await room.past_ids() == [seq for number, seq in enumerate(ids) if number % 3 != 1]
    assert len(files_in(tmp_path)) == 2, "the file as it was before, and what a crash left, are gone"
    assert await room.redaction().redact(lambda fields: fields[b"client"] == b"viewer-1") == 0
