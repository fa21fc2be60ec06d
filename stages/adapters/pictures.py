"""The catalog's pictures: files below a URL."""

from __future__ import annotations

import asyncio

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import from_url

from stages.adapters.frames import BadFrame, UnreachableFrames

_MOST_BYTES = 20 * 1024 * 1024


class PictureStore:
    """Pictures by their path below `url` (file://, s3:// or http(s)://)."""

    def __init__(self, url: str, *, timeout_seconds: float = 10.0) -> None:
        if url.startswith("http"):
            self._store = from_url(url, client_options={"allow_http": url.startswith("http:")})
        elif url.startswith("file:"):
            self._store = from_url(url, mkdir=True)  # the first product may be taken in later
        else:
            self._store = from_url(url)
        self._timeout_seconds = timeout_seconds

    async def read(self, path: str) -> bytes:
        """The picture's bytes. Raises BadFrame where there is none, UnreachableFrames where the store is away."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                found = await obstore.get_async(self._store, path)
                if found.meta["size"] > _MOST_BYTES:
                    raise BadFrame(
                        f"{path} has {found.meta['size']} bytes; a picture may have {_MOST_BYTES}."
                    )
                return bytes(await found.bytes_async())
        except (NotFoundError, FileNotFoundError) as error:
            raise BadFrame(f"There is no picture at {path}.") from error
        except (BaseError, TimeoutError, OSError) as error:
            raise UnreachableFrames(f"The picture {path} can't be reached: {error}") from error
