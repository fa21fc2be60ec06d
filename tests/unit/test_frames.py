"""The frame store on a folder, on S3 (moto), behind HTTP, and frames named by a stranger."""

import io
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer
from PIL import Image

from stages.adapters.frame_urls import ForbiddenFrame
from stages.adapters.frames import (
    BadFrame,
    FrameKey,
    FrameStore,
    UnreachableFrames,
    decode_frame,
    thin,
)

NOON = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def jpeg(colour: str = "red", side: int = 32) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(buffer, "JPEG")
    return buffer.getvalue()


@contextmanager
def s3_store() -> Iterator[FrameStore]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    try:
        import boto3

        keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=endpoint, **keys)
        client.create_bucket(Bucket="frames")
        client.close()
        options = {
            "endpoint": endpoint,
            "access_key_id": "k",
            "secret_access_key": "s",
            "region": "us-east-1",
        }
        yield FrameStore("s3://frames/live", options=options)
    finally:
        server.stop()


@pytest.fixture(params=["folder", "s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FrameStore]:
    if request.param == "folder":
        yield FrameStore(tmp_path.as_uri())
    else:
        with s3_store() as opened:
            yield opened


async def test_a_frame_comes_back_as_it_was_put(store: FrameStore) -> None:
    key = await store.put("ana.style", NOON + timedelta(milliseconds=7), jpeg())
    assert key.path == f"ana%2Estyle/20250301/12/{int(NOON.timestamp() * 1000) + 7:013d}.jpg"
    assert await store.read(key) == jpeg()


async def test_a_window_holds_its_two_ends_and_nothing_beyond(store: FrameStore) -> None:
    for second in range(-3, 16):
        await store.put("ana", NOON + timedelta(seconds=second), b"frame")
    found = await store.window("ana", NOON, NOON + timedelta(seconds=12), limit=100)
    assert [key.at for key in found] == [NOON + timedelta(seconds=second) for second in range(13)]
    assert await store.read(found[0]) == b"frame"


async def test_a_window_reaches_over_midnight(store: FrameStore) -> None:
    midnight = datetime(2025, 3, 2, tzinfo=UTC)
    for seconds in (-4, -1, 1, 4):
        await store.put("ana", midnight + timedelta(seconds=seconds), b"frame")
    found = await store.window(
        "ana", midnight - timedelta(seconds=2), midnight + timedelta(seconds=2), limit=9
    )
    assert [key.path for key in found] == [
        f"ana/20250301/23/{int(midnight.timestamp() * 1000) - 1000:013d}.jpg",
        f"ana/20250302/00/{int(midnight.timestamp() * 1000) + 1000:013d}.jpg",
    ]


async def test_a_window_of_another_streamer_or_hour_is_empty(store: FrameStore) -> None:
    await store.put("ana", NOON, b"frame")
    assert await store.window("anabel", NOON, NOON, limit=5) == []
    assert await store.window("ana", NOON + timedelta(hours=5), NOON + timedelta(hours=6), limit=5) == []


async def test_strange_handles_get_a_folder_of_their_own(store: FrameStore) -> None:
    handles = [
        "..",
        ".",
        "../../etc",
        "a/b",
        "a%2Fb",
        "%2e%2e",
        "日本の店",
        "a\\b",
        "a b",
        "=x",
        "\x00",
        "x" * 400,
    ]
    for place, handle in enumerate(handles):
        await store.put(handle, NOON + timedelta(seconds=place), handle.encode())
    for place, handle in enumerate(handles):
        keys = await store.window(handle, NOON - timedelta(minutes=1), NOON + timedelta(minutes=1), limit=99)
        assert [await store.read(key) for key in keys] == [handle.encode()], handle
        assert keys[0].at == NOON + timedelta(seconds=place)


@given(st.text(min_size=1))
def test_no_handle_climbs_out_of_the_store(handle: str) -> None:
    from stages.adapters.frames import _streamer_folder

    folder = _streamer_folder(handle)
    assert "/" not in folder
    assert "\\" not in folder
    assert not set(folder) <= {"."}
    assert len(folder) <= 255


async def test_files_that_are_no_frames_are_passed_over(tmp_path: Path) -> None:
    store = FrameStore(tmp_path.as_uri())
    key = await store.put("ana", NOON, b"frame")
    for name in ("notes.txt", "latest.jpg", "1740830400001.jpg.part", "1740830400001.png"):
        (tmp_path / key.path).with_name(name).write_bytes(b"?")
    assert await store.window("ana", NOON, NOON + timedelta(seconds=5), limit=9) == [key]


async def test_a_frame_that_is_gone_or_too_large_is_a_bad_frame(tmp_path: Path) -> None:
    store = FrameStore(tmp_path.as_uri(), max_bytes=100)
    key = await store.put("ana", NOON, b"x" * 101)
    with pytest.raises(BadFrame, match="101 bytes"):
        await store.read(key)
    (tmp_path / key.path).unlink()
    with pytest.raises(BadFrame, match="no frame at"):
        await store.read(key)


async def test_a_time_without_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        await FrameStore(tmp_path.as_uri()).put("ana", NOON.replace(tzinfo=None), b"")


@given(st.integers(0, 60), st.integers(1, 20))
def test_thinning_keeps_order_spread_and_the_last(count: int, limit: int) -> None:
    keys = [FrameKey("ana", NOON + timedelta(seconds=at), str(at)) for at in range(count)]
    kept = thin(keys, limit)
    assert len(kept) == min(count, limit)
    assert kept[-1:] == keys[-1:]
    gaps = {int(later.path) - int(sooner.path) for sooner, later in pairwise(kept)}
    assert not gaps or (min(gaps) >= 1 and max(gaps) - min(gaps) <= 1)


def test_a_phone_photo_is_decoded_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20)).save(buffer, "JPEG", exif=exif)
    assert decode_frame(buffer.getvalue(), "photo").size == (20, 40)


@pytest.mark.parametrize("data", [b"", b"not a picture", jpeg(side=200)[:300]])
def test_what_is_no_picture_is_named_in_the_error(data: bytes) -> None:
    with pytest.raises(BadFrame, match=r"frame-7\.jpg is no readable picture"):
        decode_frame(data, "frame-7.jpg")


def test_a_picture_of_absurd_size_is_not_unpacked() -> None:
    buffer = io.BytesIO()
    Image.new("1", (9000, 9000)).save(buffer, "PNG")
    with pytest.raises(BadFrame, match="9000 x 9000"):
        decode_frame(buffer.getvalue(), "bomb.png")


class Shelf(BaseHTTPRequestHandler):
    """A small web server: files by path, a WebDAV listing, and places that misbehave."""

    files: dict[str, bytes] = {}  # noqa: RUF012
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/frames/moved.jpg":
            self.answer(302, b"", {"Location": "/private/secret.jpg"})
        elif self.path == "/frames/broken.jpg":
            self.answer(503, b"")
        elif self.path == "/frames/slow.jpg":
            released.wait(30)
            self.answer(200, jpeg())
        else:
            found = self.files.get(self.path)
            self.answer(404 if found is None else 200, found or b"")

    def do_PUT(self) -> None:
        self.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(201, b"")

    def do_PROPFIND(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        entries = "".join(
            f"<D:response><D:href>{path}</D:href><D:propstat><D:prop><D:getcontentlength>{len(data)}"
            "</D:getcontentlength><D:getlastmodified>Sat, 01 Mar 2025 12:00:00 GMT</D:getlastmodified>"
            "<D:resourcetype/></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
            for path, data in self.files.items()
            if path.startswith(self.path)
        )
        body = f'<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">{entries}</D:multistatus>'.encode()
        self.answer(207, body, {"Content-Type": "application/xml"})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Last-Modified", "Sat, 01 Mar 2025 12:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


released = threading.Event()


@pytest.fixture
def shelf() -> Iterator[str]:
    Shelf.files, Shelf.asked = {"/frames/a.jpg": jpeg("blue"), "/private/secret.jpg": b"secret"}, []
    released.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def reader(shelf: str, tmp_path: Path) -> AsyncIterator[FrameStore]:
    store = FrameStore(
        tmp_path.as_uri(), url_prefixes=[f"{shelf}/frames/"], timeout_seconds=1.0, max_bytes=2000
    )
    yield store
    await store.close()


async def test_a_frame_named_in_a_comment_is_read_below_its_prefix(shelf: str, reader: FrameStore) -> None:
    assert await reader.read_url(f"{shelf}/frames/a.jpg") == jpeg("blue")


async def test_a_forbidden_frame_is_never_asked_for(shelf: str, reader: FrameStore) -> None:
    with pytest.raises(ForbiddenFrame):
        await reader.read_url(f"{shelf}/private/secret.jpg")
    assert Shelf.asked == []


async def test_a_redirect_is_not_followed(shelf: str, reader: FrameStore) -> None:
    with pytest.raises(BadFrame, match="answered 302"):
        await reader.read_url(f"{shelf}/frames/moved.jpg")
    assert Shelf.asked == ["/frames/moved.jpg"]


async def test_a_missing_or_large_frame_is_bad_and_a_failing_host_unreachable(
    shelf: str, reader: FrameStore
) -> None:
    Shelf.files["/frames/large.jpg"] = b"x" * 5000
    for name, failure in (("gone", BadFrame), ("large", BadFrame), ("broken", UnreachableFrames)):
        with pytest.raises(failure, match=f"{name}.jpg"):
            await reader.read_url(f"{shelf}/frames/{name}.jpg")


async def test_a_host_that_does_not_answer_is_given_up(shelf: str, tmp_path: Path) -> None:
    store = FrameStore(tmp_path.as_uri(), url_prefixes=[f"{shelf}/frames/"], timeout_seconds=0.2)
    with pytest.raises(UnreachableFrames, match=r"slow\.jpg"):
        await store.read_url(f"{shelf}/frames/slow.jpg")
    await store.close()


async def test_frames_may_lie_behind_http(shelf: str) -> None:
    store = FrameStore(f"{shelf}/dav")
    key = await store.put("ana", NOON, jpeg())
    assert await store.read(key) == jpeg()
    assert await store.window("ana", NOON, NOON, limit=3) == [key]


async def test_a_file_url_below_its_prefix_is_read(tmp_path: Path) -> None:
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "my shot.jpg").write_bytes(b"frame")
    store = FrameStore((tmp_path / "store").as_uri(), url_prefixes=[(tmp_path / "shots").as_uri()])
    assert await store.read_url((tmp_path / "shots" / "my shot.jpg").as_uri()) == b"frame"


async def test_a_link_out_of_the_prefix_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "shots").mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "shots" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    store = FrameStore((tmp_path / "store").as_uri(), url_prefixes=[(tmp_path / "shots").as_uri()])
    with pytest.raises(ForbiddenFrame, match="a link out of"):
        await store.read_url((tmp_path / "shots" / "link.jpg").as_uri())


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://host/x", "/just/a/path"])
def test_a_store_that_can_not_be_used_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="can't be a frame store"):
        FrameStore(url)
