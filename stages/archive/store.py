"""Objects by path, in a folder, in a bucket or behind HTTP."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import from_url

from pipeline.backoff import delay_seconds
from stages.archive.failure import ArchiveAway, NotInArchive, UnusableArchive

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

T = TypeVar("T")
_ATTEMPTS = 3
_BASE_SECONDS, _CAP_SECONDS = 0.2, 2.0


class Objects:
    """Objects below `url` (file://, s3://, gs://, az://, or http(s):// of a WebDAV server; credentials come from the
    environment, as obstore documents). Each call is tried a few times, and each attempt may take `timeout_seconds`.

    Raises UnusableArchive where the URL is none; all methods raise ArchiveAway.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 10.0) -> None:
        self._timeout_seconds = timeout_seconds
        self._store = _open(url, timeout_seconds)

    async def put(self, path: str, data: bytes) -> None:
        """Write an object in one step: what lies there is whole, or what lay there before."""
        await self._tried(path, lambda: obstore.put_async(self._store, path, data))

    async def get(self, path: str) -> bytes:
        """An object's bytes. Raises NotInArchive."""

        async def read() -> bytes:
            return bytes(await (await obstore.get_async(self._store, path)).bytes_async())

        return await self._tried(path, read)

    async def names(self, folder: str) -> tuple[list[str], list[str]]:
        """The names of the folders and of the objects in a folder."""
        with suppress(NotInArchive):
            listed = await self._tried(
                folder, lambda: obstore.list_with_delimiter_async(self._store, folder or None)
            )
            # Over HTTP the listed paths begin at the server's root, not at ours: only the last part counts.
            folders = sorted(_last_part(path) for path in listed["common_prefixes"])
            return folders, sorted(_last_part(entry["path"]) for entry in listed["objects"])
        return [], []

    async def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; one that is not there is no error."""
        for path in paths:
            with suppress(NotInArchive):
                await self._tried(path, partial(obstore.delete_async, self._store, path))

    async def _tried(self, path: str, call: Callable[[], Awaitable[T]]) -> T:
        attempt = 1
        while True:
            try:
                async with self._limits(path):
                    return await call()
            except ArchiveAway:
                if attempt == _ATTEMPTS:
                    raise
            await asyncio.sleep(
                delay_seconds(
                    attempt, base_seconds=_BASE_SECONDS, cap_seconds=_CAP_SECONDS, random=random.random
                )
            )
            attempt += 1

    @asynccontextmanager
    async def _limits(self, path: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                yield
        except (NotFoundError, FileNotFoundError) as error:
            raise NotInArchive(path) from error
        except TimeoutError as error:
            raise ArchiveAway(path, f"no answer within {self._timeout_seconds:g} s") from error
        except (BaseError, OSError) as error:
            raise ArchiveAway(path, str(error)) from error


def _open(url: str, timeout_seconds: float) -> ObjectStore:
    client: ClientConfig = {
        "allow_http": True
    }  # an endpoint of one's own may be plain; the URL or AWS_ENDPOINT says so
    once: RetryConfig = {"max_retries": 0, "retry_timeout": timedelta(seconds=timeout_seconds)}
    try:
        if url.startswith("file:"):
            return from_url(url, mkdir=True)
        return from_url(url, client_options=client, retry_config=once)
    except (BaseError, OSError, ValueError) as error:
        raise UnusableArchive(url, str(error)) from error


def _last_part(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
