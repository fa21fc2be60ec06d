"""The archive's objects in a bucket (moto), and what can't be one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from stages.archive.archive import Archive
from stages.archive.entry import Entry
from stages.archive.failure import ArchiveAway, NotInArchive, UnusableArchive
from stages.archive.layout import NOBODY, day_of, slot_end, slot_start, streamer_folder
from stages.archive.store import Objects

NAMES = (b"maya.closet", "café/ü %2F?".encode(), b"", b"\xff", b"..", "😀".encode())


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a place in an empty bucket, reached by the AWS_* variables."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        import boto3

        keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys)
        client.create_bucket(Bucket="archive")
        client.close()
        for name, value in {**keys, "aws_endpoint": f"http://{host}:{port}"}.items():
            monkeypatch.setenv(name.removesuffix("_name").upper(), value)
        yield "s3://archive/shop"
    finally:
        server.stop()


async def test_a_bucket_holds_it_as_a_folder_does(bucket: str) -> None:
    archive = Archive(Objects(bucket))
    entries = [Entry(f"170000000{n}000-0", (b"streamer", name)) for n, name in enumerate(NAMES)]
    assert await archive.keep(entries) == len(entries)
    assert await archive.keep(entries) == 0
    [stretch] = await archive.stretches((0, 0), (2**42, 0))
    assert await archive.read(stretch) == entries
    manifest = await archive.manifest(stretch)
    await archive.objects.delete([manifest.files[0].path, "day=1970-01-01/never-was.parquet"])
    with pytest.raises(NotInArchive):
        await archive.read_file(manifest.files[0])
    assert await archive.days_of_files() == [day_of(entries[0].id)]


async def test_a_store_that_never_answers_is_given_up() -> None:
    objects = Objects("http://127.0.0.1:9/nobody/listens", timeout_seconds=0.2)
    with pytest.raises(ArchiveAway, match="ARCHIVE_URL"):
        await objects.put("a", b"b")


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://host/folder"])
def test_a_url_of_no_store_is_said(url: str) -> None:
    with pytest.raises(UnusableArchive, match="s3://"):
        Objects(url)


def test_slots_end_at_midnight() -> None:
    day = 86_400_000
    assert slot_end((day - 1, 5), 7_000_000) == (day, 0)
    assert slot_start(day - 1, 7_000_000) == (84_000_000, 0)
    assert slot_start(day, 7_000_000) == (day, 0)


def test_a_name_that_makes_no_folder_is_nobodys() -> None:
    assert streamer_folder(None) == streamer_folder("") == streamer_folder("ü" * 100) == NOBODY
    assert streamer_folder("../a b") == "%2E%2E%2Fa%20b"
