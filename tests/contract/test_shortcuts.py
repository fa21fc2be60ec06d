"""Requests that are answered before the framework sees them, on a real port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, Request, Response
from starlette.datastructures import Headers

from stages.adapters.database import DatabaseUnavailable
from stages.doors import http_protocol
from stages.doors.door import create_door
from stages.doors.gate import Gate
from stages.doors.http_protocol import SHORT_BODY
from stages.doors.security_headers import HEADERS
from tests.contract.served import served

PATH = "/said"


async def shortcut(_: Headers, body: bytes) -> Response | None:
    """Says what it was told, but for what is beyond it."""
    match body:
        case b"away":
            raise DatabaseUnavailable("secret")
        case b"broken":
            raise ZeroDivisionError("secret")
        case b"odd":
            return None
    return Response(b"short: " + body)


@pytest.fixture
async def at() -> AsyncIterator[str]:
    router = APIRouter()

    @router.api_route(PATH, methods=["POST", "PUT"])
    async def said(request: Request) -> Response:
        body = await request.body()
        return Response(b"long: " + (body if len(body) < 10 else b"%d bytes" % len(body)))

    async with served(create_door("a door", router, gate=Gate(None), shortcuts={PATH: shortcut})) as at:
        yield at


@pytest.fixture
async def http(at: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{at}", trust_env=False) as http:
        yield http


def head(length: int, more: str = "") -> bytes:
    return f"POST {PATH} HTTP/1.1\r\nHost: door\r\nContent-Length: {length}\r\n{more}\r\n".encode()


class Peer:
    """Whoever writes the bytes themselves."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def hears(self) -> tuple[bytes, bytes]:
        """The head and the body of the next answer."""
        answered = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)
        length = int(Headers(raw=[_header(line) for line in answered.splitlines()[1:-1]])["content-length"])
        return answered, await self.reader.readexactly(length)


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b": ")
    return name.lower(), value


@pytest.fixture
async def peer(at: str) -> AsyncIterator[Peer]:
    host, _, port = at.partition(":")
    peer = Peer(*await asyncio.open_connection(host, int(port)))
    yield peer
    peer.writer.close()


@pytest.mark.parametrize(
    ("method", "body", "said"),
    [
        ("POST", b"hello", "short: hello"),
        ("POST", b"odd", "long: odd"),
        ("PUT", b"hello", "long: hello"),
        ("POST", b"x" * SHORT_BODY, "short: " + "x" * SHORT_BODY),
        ("POST", b"x" * (SHORT_BODY + 1), f"long: {SHORT_BODY + 1} bytes"),
    ],
)
async def test_a_shortcut_answers_short_posts_and_what_it_does_not_answer_goes_the_long_way(
    http: httpx.AsyncClient, method: str, body: bytes, said: str
) -> None:
    answer = await http.request(method, PATH, content=body)
    assert (answer.status_code, answer.text) == (200, said)
    assert answer.headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()


async def test_what_a_shortcut_raises_is_answered_as_of_any_route(http: httpx.AsyncClient) -> None:
    away, broken = await http.post(PATH, content=b"away"), await http.post(PATH, content=b"broken")
    assert (away.status_code, away.headers["retry-after"], broken.status_code) == (503, "1", 500)
    assert "secret" not in away.text + broken.text


async def test_a_browser_that_came_over_tls_is_told_to_stay_there(http: httpx.AsyncClient) -> None:
    plain = await http.post(PATH, content=b"hello")
    over_tls = await http.post(PATH, content=b"hello", headers={"X-Forwarded-Proto": "https"})
    assert "strict-transport-security" not in plain.headers
    assert "strict-transport-security" in over_tls.headers


async def test_a_body_that_comes_piece_by_piece_is_waited_for(peer: Peer) -> None:
    for piece in (head(5), b"hel", b"lo"):
        peer.writer.write(piece)
        await asyncio.sleep(0.01)
    assert (await peer.hears())[1] == b"short: hello"


async def test_a_body_that_does_not_come_soon_is_the_routes_business(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "SOON_SECONDS", 0.01)
    for piece in (head(5), b"hel", b"lo"):
        peer.writer.write(piece)
        await asyncio.sleep(0.05)
    assert (await peer.hears())[1] == b"long: hello"


async def test_who_asks_whether_to_go_on_is_told(peer: Peer) -> None:
    peer.writer.write(head(5, "Expect: 100-continue\r\n"))
    assert (await asyncio.wait_for(peer.reader.readuntil(b"\r\n\r\n"), 20)).startswith(b"HTTP/1.1 100")
    peer.writer.write(b"hello")
    assert (await peer.hears())[1] == b"long: hello"


async def test_requests_that_come_together_are_answered_in_their_order(peer: Peer) -> None:
    peer.writer.write(head(1) + b"1" + head(3) + b"odd" + head(1) + b"2" + head(1) + b"3")
    answers = [(await peer.hears())[1] for _ in range(4)]
    assert answers == [b"short: 1", b"long: odd", b"short: 2", b"short: 3"]


async def test_a_connection_is_closed_as_was_asked(peer: Peer) -> None:
    peer.writer.write(head(5, "Connection: close\r\n") + b"hello")
    answered, body = await peer.hears()
    assert (body, b"connection: close" in answered) == (b"short: hello", True)
    assert await asyncio.wait_for(peer.reader.read(), 20) == b""
