"""Old frames are deleted, in a folder and in S3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from stages.adapters.frames import BadFrame, FrameStore
from tests.unit.test_frames import NOON, s3_store


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FrameStore]:
    if request.param == "folder":
        yield FrameStore(tmp_path.as_uri())
    else:
        with s3_store() as opened:
            yield opened


async def test_old_frames_are_deleted_and_nothing_else(store: FrameStore) -> None:
    days = [timedelta(days=2), timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)]
    old = [await store.put("olga", NOON - age, b"old") for age in days]
    young = [await store.put("olga", NOON + age, b"young") for age in (timedelta(), *reversed(days))]
    other = await store.put("olgabel", NOON - days[0], b"other")
    assert await store.delete_before("olga", NOON) == len(old)
    for key in old:
        with pytest.raises(BadFrame):
            await store.read(key)
    assert [await store.read(key) for key in (*young, other)] == [b"young"] * len(young) + [b"other"]
    assert await store.delete_before("olga", NOON) == 0
    assert await store.delete_before("nobody", NOON) == 0


async def test_more_frames_than_one_call_takes_are_deleted(
    store: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.adapters.frames._DELETED_AT_ONCE", 3)
    for second in range(10):
        await store.put("many", NOON + timedelta(seconds=second), b"frame")
    assert await store.delete_before("many", NOON + timedelta(seconds=8)) == 8
    assert len(await store.window("many", NOON, NOON + timedelta(minutes=1), 99)) == 2


async def test_folders_go_with_their_last_frame(tmp_path: Path) -> None:
    store = FrameStore(tmp_path.as_uri())
    await store.put("ana", NOON - timedelta(hours=1), b"frame")
    await store.put("ana", NOON, b"frame")
    await store.delete_before("ana", NOON)
    assert [folder.name for folder in (tmp_path / "ana" / "20250301").iterdir()] == ["12"]
