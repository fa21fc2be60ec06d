"""Connections whose peer never says what it wants, on a real port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from stages.doors import http_protocol
from stages.doors.door import create_door
from stages.doors.gate import Gate
from stages.doors.http_protocol import HEAD_LIMIT
from tests.contract.served import served

QUICK = 0.2


@pytest.fixture
async def at(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", QUICK)
    async with served(create_door("a door", gate=Gate(None))) as at:
        yield at


async def connected(at: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = at.partition(":")
    return await asyncio.open_connection(host, int(port))


async def is_cut(reader: asyncio.StreamReader) -> bool:
    try:
        return await asyncio.wait_for(reader.read(), 20) == b""
    except ConnectionResetError:
        return True


async def write_on(writer: asyncio.StreamWriter, line: bytes, most: int) -> None:
    """The line again and again. Raises ConnectionError once the other side has had enough."""
    for _ in range(most // len(line)):
        writer.write(line)
        await writer.drain()


@pytest.mark.parametrize("said", [b"", b"\r\n", b"GET /healthz HTTP/1.1\r\nHost: door\r\n"])
async def test_who_does_not_say_what_they_want_is_cut(at: str, said: bytes) -> None:
    reader, writer = await connected(at)
    writer.write(said)
    assert await is_cut(reader)
    writer.close()


async def test_a_head_that_grows_without_end_is_cut(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 600.0)
    reader, writer = await connected(at)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: door\r\n")
    with pytest.raises(ConnectionError):
        await write_on(writer, b"X-More: " + b"x" * 8000 + b"\r\n", 500 * HEAD_LIMIT)
    assert await is_cut(reader)
    writer.close()


async def test_who_goes_on_asking_is_served_for_as_long_as_they_like(at: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://{at}", trust_env=False) as http:
        for _ in range(5):
            assert (await http.get("/healthz")).json() == {"ok": True}
            await asyncio.sleep(QUICK / 2)


async def test_a_body_may_take_longer_than_a_head(at: str) -> None:
    reader, writer = await connected(at)
    writer.write(b"POST /healthz HTTP/1.1\r\nHost: door\r\nContent-Length: 2\r\n\r\n{")
    await asyncio.sleep(3 * QUICK)
    writer.write(b"}")
    assert (await asyncio.wait_for(reader.readline(), 20)).startswith(b"HTTP/1.1 405")
    writer.close()


async def test_requests_that_come_together_are_answered_one_after_the_other(at: str) -> None:
    reader, writer = await connected(at)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: door\r\n\r\n" * 3)
    for _ in range(3):
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(len(b'{"ok":true}')) == b'{"ok":true}'
    writer.close()
