"""The pictures that a sheet names, brought below the catalog's URL, where the vision stage reads them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from stages.adapters.frames import BadFrame, UnreachableFrames, decode_frame
from stages.adapters.pictures import PictureStore
from stages.mendable import Mendable
from stages.sheets.listing import ListedPicture, RefusedRow

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class UnusablePictures(Mendable):
    """The folder or URL of the pictures, or the catalog's URL, can't be used; the message says why."""


@dataclass(slots=True)
class Pictures:
    """`source`: where the named pictures lie, a folder or URL; empty: below `catalog_url`, as the sheet names them.
    Pictures from a source are copied to `catalog_url/STREAMER/`, unless they lie there already."""

    catalog_url: str
    source: str
    streamer: str
    _checked: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises UnusablePictures where the source is a folder that is not there."""
        if self.source and "://" not in self.source and not Path(self.source).is_dir():
            raise UnusablePictures(f"There is no folder {self.source!r} with pictures: see --images.")

    async def place(self, pictures: tuple[ListedPicture, ...]) -> tuple[tuple[str, ...], list[RefusedRow]]:
        """The paths of the pictures below the catalog's URL, and the lines whose picture is none. Raises
        UnusablePictures."""
        paths, refused = list[str](), list[RefusedRow]()
        for picture in pictures:
            try:
                if picture.name not in self._checked:
                    self._checked[picture.name] = await self._placed(picture.name)
                paths.append(self._checked[picture.name])
            except BadFrame as error:
                refused.append(RefusedRow(picture.line, f"the picture {picture.name!r}: {error}"))
            except UnreachableFrames as error:
                raise UnusablePictures(f"The pictures can't be reached: {error}") from error
        return tuple(dict.fromkeys(paths)), refused

    async def _placed(self, name: str) -> str:
        if not self.source:
            path = _below(self.catalog_url, name)
            if path is None:
                raise BadFrame("it lies elsewhere than CATALOG_URL; say with --images where to copy it from")
            if self.catalog_url.startswith("file:"):
                await self._whole(PictureStore(self.catalog_url), path)
            return path
        path = _below(self.source, name) or PurePosixPath(_path_of(name)).name
        raw = await self._whole(PictureStore(_as_url(self.source)), path)
        there = _below(self.catalog_url, f"{_as_url(self.source).rstrip('/')}/{path}")
        return there if there is not None else await self._copied(path, raw)

    async def _whole(self, store: PictureStore, path: str) -> bytes:
        raw = await store.read(path)
        await asyncio.to_thread(decode_frame, raw, path)
        return raw

    async def _copied(self, path: str, raw: bytes) -> str:
        if not self.catalog_url or self.catalog_url.startswith("http"):
            raise UnusablePictures(
                "Pictures can't be copied to CATALOG_URL, which must be file:// or s3:// for that. Copy them there "
                "yourself and name them in the sheet by their paths below it."
            )
        kept = f"{PurePosixPath(self.streamer).name}/{path}"
        try:
            await obstore.put_async(_writable(self.catalog_url), kept, raw)
        except (BaseError, OSError) as error:
            raise UnusablePictures(
                f"The picture {path} can't be written below CATALOG_URL: {error}"
            ) from error
        return kept


def _writable(url: str) -> ObjectStore:
    return from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)


def _as_url(place: str) -> str:
    return place if "://" in place else Path(place).resolve().as_uri()


def _below(place: str, name: str) -> str | None:
    """The path of a picture below a place; None where it is a URL that lies elsewhere."""
    if "://" not in name:
        return _path_of(name)
    prefix = _as_url(place).rstrip("/") + "/" if place else ""
    return _path_of(name.removeprefix(prefix)) if prefix and name.startswith(prefix) else None


def _path_of(name: str) -> str:
    """A relative path without query; a path that leads out of its folder keeps its last part only."""
    plain = unquote(urlsplit(name).path) if "://" in name or "?" in name else name
    parts = PurePosixPath(plain.replace("\\", "/").lstrip("/")).parts
    return parts[-1] if ".." in parts else "/".join(parts)
