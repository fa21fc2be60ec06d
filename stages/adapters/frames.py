"""The frame store: what the camera showed, by streamer and time, in a folder, in S3 or behind HTTP.

A frame lies at `{streamer}/{YYYYMMDD}/{HH}/{epoch milliseconds, 13 digits}.jpg`, times in UTC, the
streamer's handle percent-encoded (dots too). Whoever grabs frames may write them there directly.
"""

import asyncio
import hashlib
import io
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, unquote, urlsplit

import httpx
import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import from_url
from PIL import Image, ImageOps

from stages.adapters.frame_urls import ForbiddenFrame, FrameUrlPrefixes

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Config

__all__ = ["BadFrame", "ForbiddenFrame", "FrameKey", "FrameStore", "UnreachableFrames", "decode_frame"]

_LONGEST_FOLDER = 200  # file systems end at 255 bytes a name
_MOST_PIXELS = 40_000_000
_DELETED_AT_ONCE = 500
_DAY, _HOUR = re.compile(r"\d{8}"), re.compile(r"\d{2}")
_FRAME = re.compile(r"(\d{13})\.jpg")


class BadFrame(Exception):
    """A frame that isn't there, is too large, or is no picture: trying again won't help."""


class UnreachableFrames(Exception):
    """The frame store, or the host of a frame URL, didn't answer in time or failed: try again later."""


@dataclass(frozen=True, slots=True)
class FrameKey:
    """One stored frame: whose, of when (UTC, to the millisecond), and its path in the store."""

    streamer: str
    at: datetime
    path: str


class FrameStore:
    """Frames below `url` (file://, s3:// or http(s)://; over HTTP a WebDAV server), and frames by URL."""

    def __init__(
        self,
        url: str,
        *,
        url_prefixes: Sequence[str] = (),
        options: Mapping[str, str] | None = None,
        timeout_seconds: float = 5.0,
        max_bytes: int = 5 * 1024 * 1024,
    ) -> None:
        """`options` are S3's (endpoint, keys, region), which otherwise come from the AWS_* environment.

        `url_prefixes` are the places that `read_url` may read from; `timeout_seconds` bounds each call,
        `max_bytes` each frame. Raises ValueError for a URL or prefix that can't be used.
        """
        self._options = dict(options or {})
        self._timeout_seconds, self._max_bytes = timeout_seconds, max_bytes
        self._store = self._open(url)
        self._prefixes = FrameUrlPrefixes(url_prefixes)
        self._http: httpx.AsyncClient | None = None

    async def put(self, streamer: str, at: datetime, jpeg: bytes) -> FrameKey:
        """Store a frame; one that is already there for the same millisecond is replaced."""
        key = FrameKey(
            streamer, _to_millisecond(at), f"{_hour_folder(streamer, at)}/{_epoch_ms(at):013d}.jpg"
        )
        async with self._limits(key.path):
            await obstore.put_async(self._store, key.path, jpeg)
        return key

    async def window(self, streamer: str, start: datetime, end: datetime, limit: int) -> list[FrameKey]:
        """The frames from `start` to `end`, both included, in order; evenly thinned to `limit`.

        Looks only into the hours' folders that the window touches, and there only from `start` on.
        """
        found: list[FrameKey] = []
        hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while hour <= end and limit > 0:
            async with self._limits(_hour_folder(streamer, hour)):
                found.extend(await self._hour(streamer, hour, _epoch_ms(start), _epoch_ms(end)))
            hour += timedelta(hours=1)
        return thin(sorted(found, key=lambda key: key.path), limit)

    async def read(self, key: FrameKey) -> bytes:
        """The frame's bytes; BadFrame when it is gone or too large, UnreachableFrames when it can't be had."""
        async with self._limits(key.path):
            return await self._get(self._store, key.path)

    async def read_url(self, url: str) -> bytes:
        """The bytes of a frame that a comment names.

        Raises ForbiddenFrame (nothing was asked of any host) unless `url` lies below a configured prefix;
        redirects aren't followed. BadFrame and UnreachableFrames as in `read`.
        """
        prefix, rest = self._prefixes.below(url)
        async with self._limits(url):
            if url.startswith(("http:", "https:")):
                return await self._download(url)
            path = unquote(rest)
            if url.startswith("file:"):
                _refuse_way_out(Path(unquote(urlsplit(prefix).path)), path)
            return await self._get(self._open(prefix), path)

    async def delete_before(self, streamer: str, moment: datetime) -> int:
        """Delete the streamer's frames that were shot before `moment`; says how many there were.

        Looks only into days and hours that began before it. A frame that another deletes meanwhile is no error.
        """
        folder, deleted = _streamer_folder(streamer), 0
        last_hour = f"{moment.astimezone(UTC):%Y%m%d/%H}"
        for day in await self._folders(folder, _DAY):
            if day > last_hour[:8]:
                continue
            for hour in await self._folders(f"{folder}/{day}", _HOUR):
                if f"{day}/{hour}" <= last_hour:
                    deleted += await self._delete_in(f"{folder}/{day}/{hour}", _epoch_ms(moment))
        return deleted

    async def close(self) -> None:
        """Close the connections; the store isn't used afterwards."""
        if self._http is not None:
            await self._http.aclose()

    def _open(self, url: str) -> "ObjectStore":
        client: ClientConfig = {"allow_http": url.startswith("http:") or self._plain_endpoint()}
        patience: RetryConfig = {"max_retries": 1, "retry_timeout": timedelta(seconds=self._timeout_seconds)}
        try:
            if url.startswith("file:"):
                return from_url(url, mkdir=True, automatic_cleanup=True)
            if url.startswith(("http:", "https:")):
                return from_url(url, client_options=client, retry_config=patience)
            config = cast("S3Config", self._options)
            return from_url(url, config=config, client_options=client, retry_config=patience)
        except (BaseError, ValueError) as error:
            raise ValueError(
                f"{url!r} can't be a frame store ({error}). Use file:///folder, s3://bucket/prefix or http(s)://host/path."
            ) from error

    def _plain_endpoint(self) -> bool:
        return any(value.startswith("http:") for value in self._options.values())

    @asynccontextmanager
    async def _limits(self, what: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                yield
        except (NotFoundError, FileNotFoundError) as error:
            raise BadFrame(f"There is no frame at {what}.") from error
        except TimeoutError as error:
            raise UnreachableFrames(f"{what} wasn't read within {self._timeout_seconds:g} s.") from error
        except (BaseError, httpx.HTTPError, OSError) as error:
            raise UnreachableFrames(f"{what} can't be reached: {error}") from error

    async def _folders(self, place: str, name: re.Pattern[str]) -> list[str]:
        """The folders at a place whose name is like that: what else lies there is none of ours."""
        async with self._limits(place):
            listed = await obstore.list_with_delimiter_async(self._store, place)
        found = (path.rstrip("/").rpartition("/")[2] for path in listed["common_prefixes"])
        return sorted(folder for folder in found if name.fullmatch(folder))

    async def _delete_in(self, folder: str, before_ms: int) -> int:
        deleted = 0
        async with self._limits(folder):
            listed = await obstore.list_with_delimiter_async(self._store, folder)
        names = (entry["path"].rpartition("/")[2] for entry in listed["objects"])
        old = [name for name in names if (found := _FRAME.fullmatch(name)) and int(found[1]) < before_ms]
        for start in range(0, len(old), _DELETED_AT_ONCE):
            paths = [f"{folder}/{name}" for name in old[start : start + _DELETED_AT_ONCE]]
            async with self._limits(folder):
                with suppress(NotFoundError, FileNotFoundError):
                    await obstore.delete_async(self._store, paths)
            deleted += len(paths)
        return deleted

    async def _hour(self, streamer: str, hour: datetime, first_ms: int, last_ms: int) -> list[FrameKey]:
        folder = _hour_folder(streamer, hour)
        found = []
        # A listing starts after its offset: just before the first frame that counts.
        after = f"{folder}/{max(first_ms - 1, 0):013d}.jpg~"
        async for chunk in obstore.list(self._store, folder, offset=after, chunk_size=200):
            for entry in chunk:
                # Over HTTP the listed paths begin at the server's root, not at ours: only the name counts.
                name = entry["path"].rpartition("/")[2]
                stem, _, suffix = name.rpartition(".")
                if suffix == "jpg" and stem.isdecimal() and first_ms <= int(stem) <= last_ms:
                    at = datetime.fromtimestamp(int(stem) / 1000, UTC)
                    found.append(FrameKey(streamer, at, f"{folder}/{name}"))
        return found

    async def _get(self, store: "ObjectStore", path: str) -> bytes:
        result = await obstore.get_async(store, path)
        if result.meta["size"] > self._max_bytes:
            raise BadFrame(_too_large(path, result.meta["size"], self._max_bytes))
        return bytes(await result.bytes_async())

    async def _download(self, url: str) -> bytes:
        if self._http is None:
            self._http = httpx.AsyncClient(follow_redirects=False, timeout=self._timeout_seconds)
        async with self._http.stream("GET", url) as response:
            if response.status_code >= 500:
                raise UnreachableFrames(f"{url} answered {response.status_code}.")
            if response.status_code != 200:
                raise BadFrame(
                    f"{url} answered {response.status_code}; a frame's URL must lead to it directly."
                )
            received = bytearray()
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > self._max_bytes:
                    raise BadFrame(_too_large(url, len(received), self._max_bytes))
        return bytes(received)


def thin(keys: Sequence[FrameKey], limit: int) -> list[FrameKey]:
    """At most `limit` of `keys`, evenly spread, the last one among them (it is nearest to the comment)."""
    if limit <= 0 or len(keys) <= limit:
        return list(keys[: max(limit, 0)])
    return [keys[(len(keys) * (place + 1)) // limit - 1] for place in range(limit)]


def _refuse_way_out(folder: Path, path: str) -> None:
    if not (folder / path).resolve().is_relative_to(folder.resolve()):
        raise ForbiddenFrame(f"{folder / path} is a link out of {folder}, so it was not read.")


def decode_frame(data: bytes, source: str) -> Image.Image:
    """The picture as RGB, upright as its camera noted; BadFrame naming `source` when it is none."""
    try:
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > _MOST_PIXELS:
            raise BadFrame(
                f"{source} has {picture.width} x {picture.height} pixels, more than any camera frame."
            )
        return ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadFrame(f"{source} is no readable picture: {error}") from error


def _hour_folder(streamer: str, at: datetime) -> str:
    return f"{_streamer_folder(streamer)}/{at.astimezone(UTC):%Y%m%d/%H}"


def _streamer_folder(streamer: str) -> str:
    """One path segment for any handle: percent-encoded, or a digest where that is too long for a file name."""
    if not streamer:
        raise ValueError("A streamer without a handle has no frames. Name the streamer.")
    encoded = quote(streamer, safe="", errors="surrogatepass").replace(".", "%2E")
    if len(encoded) <= _LONGEST_FOLDER:
        return encoded
    # "=" never comes out of the encoding above, so no other handle's folder looks like this.
    return "=" + hashlib.sha256(streamer.encode(errors="surrogatepass")).hexdigest()


def _epoch_ms(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone, so which frames are meant can't be told.")
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _to_millisecond(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def _too_large(what: str, size: int, limit: int) -> str:
    return f"{what} has {size} bytes or more; a frame may have {limit}."
