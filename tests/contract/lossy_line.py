"""A line to Redis that loses answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


@asynccontextmanager
async def losing_answers(url: str, *, to: bytes, times: int = 1000) -> AsyncIterator[str]:
    """The URL of a line to Redis that breaks once a command with `to` in it has arrived there: its answer is lost,
    so many times."""
    parts = urlsplit(url)
    left = times

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        upstream, onward = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            while asked := await reader.read(65536):
                onward.write(asked)
                answer = await upstream.read(65536)
                if to in asked and left:
                    left -= 1
                    return
                writer.write(answer)
        finally:
            onward.close()
            writer.close()

    line = await asyncio.start_server(carry, "127.0.0.1", 0)
    async with line:
        port = line.sockets[0].getsockname()[1]
        yield url.replace(f":{parts.port}/", f":{port}/")
