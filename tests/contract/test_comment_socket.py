"""Comments over a WebSocket, on a real Redis and a real port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stages.adapters.database import Database
from stages.adapters.database.api_keys import ApiKeys
from stages.api_key import ApiKey
from stages.doors.keyring import FRESH_SECONDS, Keyring
from tests.contract.door import GIVEN, NOW, SOURCES, Door, door_on
from tests.contract.served import served
from tests.e2e.shop import until

PING_SECONDS = 0.3


@pytest.fixture
async def door(redis_url: str) -> AsyncIterator[Door]:
    async with door_on(redis_url) as door:
        yield door


@pytest.fixture
async def at(door: Door) -> AsyncIterator[str]:
    async with served(door.app) as at:
        yield at


@pytest.fixture
async def impatient(door: Door) -> AsyncIterator[str]:
    """It pings its peers often."""
    async with served(door.app, ping_seconds=PING_SECONDS) as at:
        yield at


def talk(at: str, **headers: str) -> connect:
    return connect(f"ws://{at}/ws/comments", proxy=None, compression=None, additional_headers=headers)


def comment(number: int, **changed: Any) -> str:
    return orjson.dumps({**GIVEN, "message_id": f"m-{number}", **changed}).decode()


async def heard(peer: ClientConnection) -> dict[str, Any]:
    """The next answer."""
    answer: dict[str, Any] = orjson.loads(await asyncio.wait_for(peer.recv(), 20))
    return answer


async def said(peer: ClientConnection, frame: str) -> dict[str, Any]:
    """The answer to this frame."""
    await peer.send(frame)
    return await heard(peer)


async def ids(door: Door) -> list[str]:
    return [entry["message_id"] for entry in await door.entries()]


async def test_a_comment_is_answered_as_if_it_were_posted(door: Door, at: str) -> None:
    async with talk(at) as peer:
        await peer.send(comment(1))
        told = await heard(peer)
    alone = await door.post(message_id="m-1")
    assert told == {**alone.json(), "comment_id": alone.headers["comment-id"]}
    [entry] = await door.entries()
    assert SOURCES.vouch(entry) == ("gateway", True)


async def test_a_socket_at_an_address_that_is_none_is_told_so(at: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://{at}/ws/nothing", proxy=None)
    answer = refused.value.response
    assert answer.status_code == 404
    assert orjson.loads(answer.body) == {"ok": False, "error": "There is nothing at /ws/nothing."}


async def test_many_comments_are_answered_in_their_order_the_bad_ones_too(door: Door, at: str) -> None:
    frames: list[str | bytes] = [comment(n) for n in range(300)]
    bad: list[str | bytes] = [b"\xff\xfe", "", "{", "[]", "null", comment(0, message=5), "\x00" * 9]
    for place in range(0, 300, 3):
        frames[place] = bad[place % len(bad)]
    async with talk(at) as peer:
        sending = asyncio.create_task(_send_all(peer, frames))
        told = [await heard(peer) for _ in frames]
        await sending
    assert [answer["ok"] for answer in told] == [place % 3 != 0 for place in range(300)]
    assert all(answer["error"] and answer["status"] == 422 for answer in told if not answer["ok"])
    assert await ids(door) == [f"m-{n}" for n in range(300) if n % 3]


async def test_messages_in_parts_and_in_any_script_stand_in_their_order(door: Door, at: str) -> None:
    text = comment(2, message="ほしい! 💕")
    async with talk(at) as peer:
        await peer.send(comment(1))
        await peer.send([text[:20], text[20:60], text[60:]])
        await peer.ping()
        await peer.send(comment(3).encode())
        assert [(await heard(peer))["ok"] for _ in range(3)] == [True] * 3
    assert await ids(door) == ["m-1", "m-2", "m-3"]
    assert (await door.entries())[1]["message"] == "ほしい! 💕"


async def test_bytes_that_are_no_text_end_their_connection_after_what_came_before(
    door: Door, at: str
) -> None:
    line = await _open_raw(at)
    with line:
        bad = b"\x81\x82" + bytes(4) + b"\xff\xfe"
        line.sendall(_masked(comment(1)) + bad + _masked(comment(2)))
        await asyncio.to_thread(_wait_until_cut, line)

    async def taken() -> bool:
        return await ids(door) == ["m-1"]

    await until(taken, "what came before stands in the stream")


async def test_a_comment_over_the_limit_is_refused_and_the_conversation_goes_on(at: str) -> None:
    async with talk(at) as peer:
        await peer.send(comment(1, message="x" * 70_000))
        assert (await heard(peer))["status"] == 413
        await peer.send(comment(2))
        assert (await heard(peer))["ok"]


async def test_a_frame_far_over_the_limit_ends_its_connection_alone(at: str) -> None:
    async with talk(at) as other, talk(at) as peer:
        with pytest.raises(ConnectionClosed) as closed:
            await said(peer, "x" * (1 << 20))
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1009
        await other.send(comment(1))
        assert (await heard(other))["ok"]


async def test_what_was_sent_before_the_peer_went_is_taken(door: Door, at: str) -> None:
    async with talk(at) as peer:
        for number in range(20):
            await peer.send(comment(number))

    async def taken() -> bool:
        return len(await door.entries()) == 20

    await until(taken, "all comments stand in the stream")


async def test_a_peer_that_does_not_read_is_not_read_either_and_is_cut_off(impatient: str) -> None:
    """It would take what the server has to say, and never does."""
    deaf = await _open_raw(impatient)
    with deaf:
        sent = await asyncio.to_thread(_pour, deaf, b"{" + b" " * 200)
        # The server stopped reading, or cut the line: what it says is as long as what it hears, and fills the buffers.
        assert sent < 64 << 20
        await asyncio.to_thread(_wait_until_cut, deaf)
    async with talk(impatient) as other:
        assert (await said(other, comment(1)))["ok"]


async def test_a_half_open_peer_is_let_go(impatient: str) -> None:
    gone = await _open_raw(impatient)
    with gone:  # it answers no ping, like one whose cable was pulled
        await asyncio.to_thread(_wait_until_cut, gone)


async def test_while_the_queue_is_away_each_comment_is_to_be_sent_again(redis_url: str) -> None:
    async with door_on("redis://127.0.0.1:1") as door, served(door.app) as at, talk(at) as peer:
        for number in range(3):
            await peer.send(comment(number))
        told = [await heard(peer) for _ in range(3)]
    assert [(answer["status"], answer["retry_after_seconds"]) for answer in told] == [(503, 1)] * 3


async def test_whoever_shows_no_key_is_not_let_in(door: Door, at: str) -> None:
    door.gate.open_doors = False
    with pytest.raises(InvalidStatus) as refused:
        async with talk(at):
            pass
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["www-authenticate"].startswith("Bearer")
    assert orjson.loads(refused.value.response.body)["ok"] is False


async def test_a_connection_ends_once_its_key_opens_nothing_any_more(door: Door, at: str) -> None:
    async with talk(at) as peer:
        await peer.send(comment(1))
        assert (await heard(peer))["ok"]
        door.gate.open_doors = False
        with pytest.raises(ConnectionClosed) as closed:
            await said(peer, comment(2))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert await ids(door) == ["m-1"]


async def test_a_key_speaks_for_its_streamer_alone_and_until_it_is_revoked(
    door: Door, at: str, database: Database
) -> None:
    keys, seconds = ApiKeys(database), [100.0]
    async with database.transaction() as connection:
        await connection.execute(
            "insert into streamers (handle, name, currency) values ('maya.closet', 'Maya', 'USD')"
        )
    text = await keys.create("maya's", ["ingest"], "maya.closet", "gateway", NOW)
    door.gate.open_doors = False
    door.gate.keyring = Keyring(keys, lambda: seconds[0], lambda: NOW)
    async with talk(at, Authorization=f"Bearer {text}") as peer:
        assert (await said(peer, comment(1)))["ok"]
        assert (await said(peer, comment(2, streamer="another")))["status"] == 403
        read = ApiKey.read(text)
        assert read is not None
        await keys.revoke(read.id, NOW)
        seconds[0] += FRESH_SECONDS + 1
        with pytest.raises(ConnectionClosed) as closed:
            await said(peer, comment(3))
    await door.gate.close()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert await ids(door) == ["m-1"]


async def _send_all(peer: ClientConnection, frames: list[str | bytes]) -> None:
    for frame in frames:
        await peer.send(frame)


async def _open_raw(at: str) -> socket.socket:
    """A connection after its handshake, of a peer that then does nothing by itself."""
    host, _, port = at.partition(":")

    def opened() -> socket.socket:
        line = socket.create_connection((host, int(port)), timeout=20)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(
            f"GET /ws/comments HTTP/1.1\r\nHost: {at}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert line.recv(12) == b"HTTP/1.1 101"
        return line

    return await asyncio.to_thread(opened)


def _masked(text: str) -> bytes:
    """A frame of 126..65535 bytes of text, masked with zeros (RFC 6455, section 5.2)."""
    data = text.encode().ljust(126)
    return b"\x81\xfe" + len(data).to_bytes(2, "big") + bytes(4) + data


def _pour(line: socket.socket, text: bytes) -> int:
    """Send frames until the line takes no more. Returns how many bytes it took."""
    frame = _masked(text.decode())
    line.settimeout(0.2)
    sent = 0
    try:
        while sent < 64 << 20:
            sent += line.send(frame)
    except OSError:
        pass
    return sent


def _wait_until_cut(line: socket.socket) -> None:
    """Return once the server has let go. Raises TimeoutError where it does not."""
    line.settimeout(20)
    try:
        while line.recv(65536):
            pass
    except ConnectionResetError:
        pass
