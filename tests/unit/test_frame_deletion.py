"""Old frames are deleted, in a folder and in S3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

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


class WebDav(BaseHTTPRequestHandler):
    """As much of a WebDAV server (RFC 4918) as a frame store asks of one."""

    files: ClassVar[dict[str, bytes]] = {}

    def do_PUT(self) -> None:
        self.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(201)

    def do_DELETE(self) -> None:
        self.answer(404 if self.files.pop(self.path, None) is None else 204)

    def do_PROPFIND(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        folder = self.path.rstrip("/") + "/"
        below = {path.removeprefix(folder) for path in self.files if path.startswith(folder)}
        if not below:
            self.answer(404)
            return
        names = {name.partition("/")[0] + "/" * ("/" in name) for name in below}
        entries = "".join(self.entry(folder + name) for name in ["", *sorted(names)])
        self.answer(207, f'<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">{entries}</D:multistatus>')

    def entry(self, path: str) -> str:
        kind = "<D:collection/>" if path.endswith("/") else ""
        return (
            f"<D:response><D:href>{path}</D:href><D:propstat><D:prop><D:resourcetype>{kind}</D:resourcetype>"
            f"<D:getcontentlength>{len(self.files.get(path, b''))}</D:getcontentlength>"
            "<D:getlastmodified>Sat, 01 Mar 2025 12:00:00 GMT</D:getlastmodified></D:prop>"
            "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        )

    def answer(self, status: int, body: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/xml")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


async def test_old_frames_are_deleted_behind_http() -> None:
    WebDav.files.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), WebDav)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    store = FrameStore(f"http://127.0.0.1:{server.server_port}/dav")
    for hours in (50, 2, 1, 0):
        await store.put("ana", NOON - timedelta(hours=hours), b"frame")
    assert await store.delete_before("ana", NOON - timedelta(minutes=90)) == 2
    assert await store.delete_before("nobody", NOON) == 0
    server.shutdown()
    thread.join()
    server.server_close()
    assert {path.split("/")[-2] for path in WebDav.files} == {"11", "12"}
