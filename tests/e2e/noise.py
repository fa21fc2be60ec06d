"""What a broken or hostile peer says to a WebSocket."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

GOOD = orjson.dumps({"streamer": "maya", "client": "noise", "message": "I want it! 💕"})
_TEXT, _BINARY, _CLOSE, _PING = 1, 2, 8, 9
_LONGEST = 300


def frame(
    opcode: int, payload: bytes, *, first: int = 0x80, mask: bytes | None = b"\x01\x02\x03\x04"
) -> bytes:
    """A frame of RFC 6455, section 5.2; `first` is its first byte without the opcode."""
    size = len(payload)
    length = bytes([size]) if size < 126 else bytes([126]) + size.to_bytes(2, "big")
    head = bytes([first | opcode])
    if mask is None:
        return head + length + payload
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return head + bytes([length[0] | 0x80]) + length[1:] + mask + masked


def _noise(dice: random.Random) -> bytes:
    return dice.randbytes(dice.randrange(_LONGEST))


def _signs(dice: random.Random) -> bytes:
    """Text of any script, or of none."""
    return "".join(chr(dice.randrange(0xD800)) for _ in range(dice.randrange(_LONGEST // 3))).encode()


def _almost_a_comment(dice: random.Random) -> bytes:
    body = bytearray(GOOD)
    for _ in range(dice.randrange(4)):
        place = dice.randrange(len(body))
        body[place : place + dice.randrange(3)] = bytes([dice.randrange(32, 127)])
    return bytes(body)


def _ping(dice: random.Random) -> bytes:
    return frame(_PING, _noise(dice)[:125])


Make = Callable[[random.Random], bytes]
_BORNE: tuple[Make, ...] = (
    lambda dice: frame(_TEXT, _signs(dice)),
    lambda dice: frame(_BINARY, _noise(dice)),
    lambda dice: frame(_BINARY, _almost_a_comment(dice)),
    _ping,
    lambda _: frame(_TEXT, b"", first=0) + frame(0, GOOD),
)
# Bytes that are no UTF-8, opcodes and bits that mean nothing, no mask, continuations of nothing, pings too long,
# strange farewells, frames of a terabyte, and plain noise.
_FATAL: tuple[Make, ...] = (
    lambda dice: frame(_TEXT, b"\xff" + _noise(dice)),
    lambda dice: frame(dice.choice((3, 4, 5, 6, 7, 11, 12, 13, 14, 15)), _noise(dice)),
    lambda dice: frame(_TEXT, GOOD, first=dice.choice((0x90, 0xA0, 0xC0, 0xF0))),
    lambda _: frame(_TEXT, GOOD, mask=None),
    lambda dice: frame(0, _noise(dice)),
    lambda _: frame(_PING, bytes(200)),
    lambda dice: frame(_CLOSE, dice.randrange(65536).to_bytes(2, "big") + _noise(dice)[:100]),
    lambda _: bytes([0x81, 0xFF]) + (1 << 40).to_bytes(8, "big") + b"mask",
    _noise,
)


@dataclass(frozen=True, slots=True)
class Burst:
    """Frames that a conversation bears, so many of which are to be answered, and one that none survives."""

    borne: bytes
    answers: int
    fatal: bytes

    @classmethod
    def of(cls, dice: random.Random, count: int) -> Burst:
        """So many frames."""
        makers = dice.choices(_BORNE, k=count - 1)
        answers = sum(make is not _ping for make in makers)
        return cls(b"".join(make(dice) for make in makers), answers, dice.choice(_FATAL)(dice))


def shout(url: str, burst: Burst) -> None:
    """Say all of it over a connection of its own; return once all is answered and the other side has hung up. Raises
    TimeoutError where it doesn't."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
        line.sendall(
            f"GET /ws/comments HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        heard = b""
        while b"\r\n\r\n" not in heard:
            heard += line.recv(1024)
        line.sendall(burst.borne)
        while heard.count(b'{"ok":') < burst.answers:
            part = line.recv(65536)
            assert part, f"it hung up after {heard!r}"
            heard += part
        with suppress(ConnectionResetError, BrokenPipeError):  # it has heard enough
            line.sendall(burst.fatal)
            line.shutdown(socket.SHUT_WR)
            while line.recv(65536):
                pass
