"""Talks to a WebSocket as fast as it answers, at little cost of its own: `python -m benchmarks.gateway.chatter`.

Frames are laid out by hand (RFC 6455, section 5.2): a client must mask what it sends, and by a mask of zeros the text
stays as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import deque

import uvloop

_MASK = bytes(4)
_TEXT = 0x81
_SHORT, _LONG = 126, 127


class Chatter(asyncio.Protocol):
    """Keeps so many frames on their way (`ahead`) until `quiet` is set, and notes how long each answer took."""

    def __init__(self, host: str, name: str, key: str, ahead: int) -> None:
        self._host, self._name, self._key, self._ahead = host, name, key, ahead
        self._come = bytearray()
        self._asked: deque[float] = deque()
        self._sent = 0
        self._transport: asyncio.Transport
        self.quiet = False
        self.taken = self.others = 0
        self.took: list[float] = []
        self.is_open = asyncio.Event()
        self.is_over = asyncio.Event()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP, as asyncio's
        """Ask for the upgrade."""
        self._transport = transport
        transport.write(
            f"GET /ws/comments HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {self._key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """The upgrade, then answers."""
        self._come += data
        if not self.is_open.is_set():
            head, found, rest = self._come.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                raise ConnectionError(f"No WebSocket: {head[:80]!r}")
            self._come = rest
            self.is_open.set()
            return
        self._read_frames()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more comes."""
        self.is_over.set()

    def begin(self) -> None:
        """Send the first frames."""
        self._send(self._ahead)

    def _read_frames(self) -> None:
        now, at, come, answered = time.perf_counter(), 0, self._come, 0
        while len(come) - at >= 4:
            length, start = come[at + 1], at + 2
            if length == _SHORT:
                length, start = int.from_bytes(come[at + 2 : at + 4], "big"), at + 4
            elif length == _LONG:
                length, start = int.from_bytes(come[at + 2 : at + 10], "big"), at + 10
            if len(come) < start + length:
                break
            if come[at] == _TEXT:
                self._note(come[start : start + length], now)
                answered += 1
            at = start + length
        del come[:at]
        if not self.quiet:
            self._send(answered)
        elif not self._asked:
            self.is_over.set()

    def _note(self, answer: bytearray, now: float) -> None:
        self.took.append(now - self._asked.popleft())
        if b'"ok":false' in answer:
            self.others += 1
        else:
            self.taken += 1

    def _send(self, count: int) -> None:
        frames = bytearray()
        for _ in range(count):
            self._sent += 1
            text = (
                f'{{"streamer":"maya.closet","client":"{self._name} {self._sent % 1000}","message":"I want to buy the '
                f'blue one {self._sent}!","message_id":"{self._name}-{self._sent}"}}'
            ).encode()
            frames += bytes((_TEXT, 0x80 | _SHORT)) + len(text).to_bytes(2, "big") + _MASK + text
            self._asked.append(time.perf_counter())
        self._transport.write(bytes(frames))


async def chat(
    port: int, run: str, key: str, seconds: float, connections: int, ahead: int
) -> dict[str, float]:
    """Talk for so long over so many connections; what was on its way is waited for."""
    loop = asyncio.get_running_loop()
    chatters = [Chatter(f"127.0.0.1:{port}", f"{run}-{n}", key, ahead) for n in range(connections)]
    for chatter in chatters:
        await loop.create_connection(lambda chatter=chatter: chatter, "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.wait_for(chatter.is_open.wait(), 10)
    begun = time.perf_counter()
    for chatter in chatters:
        chatter.begin()
    await asyncio.sleep(seconds)
    for chatter in chatters:
        chatter.quiet = True
    await asyncio.wait_for(asyncio.gather(*(chatter.is_over.wait() for chatter in chatters)), 30)
    took = sorted(each for chatter in chatters for each in chatter.took)
    return {
        "accepted": sum(chatter.taken for chatter in chatters),
        "others": sum(chatter.others for chatter in chatters),
        "seconds": time.perf_counter() - begun,
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[len(took) * 99 // 100] * 1000,
    }


def main() -> None:
    """Print what came of it as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--key", default="")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--ahead", type=int, default=4)
    given = parser.parse_args()
    told = uvloop.run(chat(given.port, given.run, given.key, given.seconds, given.connections, given.ahead))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
