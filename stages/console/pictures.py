"""Frames and product pictures as the page shows them: small, and made anew, so that nothing but a picture gets out."""

from __future__ import annotations

import asyncio
import io
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from PIL import Image

from stages.adapters.frames import BadFrame, ForbiddenFrame, FrameKey, FrameStore, decode_frame
from stages.adapters.pictures import PictureStore

_LONGEST_SIDE = 360  # pixels
_QUALITY = 80
_KEPT = 256  # pictures; about 15 KB each


class NoPicture(LookupError):
    """There is none, it may not be read, or it is none; the message says which."""


class Pictures:
    """Reads from the frame store and the catalog's pictures; either may not be configured (None). A frame's name never
    changes its content, so what was read is kept."""

    def __init__(self, frames: FrameStore | None, catalog: PictureStore | None) -> None:
        self._frames, self._catalog = frames, catalog
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()  # the picture work must not take the feed's time

    async def frame(self, name: str) -> bytes:
        """A frame by its path in the store or the URL that a comment named, as JPEG.

        Raises NoPicture, and UnreachableFrames where the store does not answer.
        """
        if (frames := self._frames) is None:
            raise NoPicture("No frame store is configured here (FRAMES_URL).")
        if "://" in name:
            return await self._small(f"frame {name}", lambda: frames.read_url(name))
        # Only the path counts for reading.
        key = FrameKey("", datetime.fromtimestamp(0, UTC), name)
        return await self._small(f"frame {name}", lambda: frames.read(key))

    async def product(self, path: str) -> bytes:
        """A product's picture by its path below CATALOG_URL, as JPEG. Raises as `frame` does."""
        if (catalog := self._catalog) is None:
            raise NoPicture("No place of the products' pictures is configured here (CATALOG_URL).")
        return await self._small(f"product {path}", lambda: catalog.read(path))

    async def _small(self, name: str, read: Callable[[], Awaitable[bytes]]) -> bytes:
        if kept := self._kept.get(name):
            self._kept.move_to_end(name)
            return kept
        try:
            data = await read()
            async with self._one_at_a_time:
                small = await asyncio.to_thread(_thumbnail, data, name)
        except (BadFrame, ForbiddenFrame) as error:
            raise NoPicture(str(error)) from error
        self._kept[name] = small
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return small


def _thumbnail(data: bytes, source: str) -> bytes:
    picture = decode_frame(data, source)
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()
