"""The sandbox's courier outlives a shop that breaks every connection as soon as it stands."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.fixtures_sandbox import Sandbox, running_sandbox

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_EVENTS = 150
_PATIENCE_SECONDS = 30.0


class MoodyShop:
    """Resets each connection at once, until it is asked to be kind."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self.resets = 0
        self.kind = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    if self.kind.is_set():
                        self._answer(connection)
                    else:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        self.resets += 1

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with connection.makefile("rb") as request:
            length = 0
            while line := request.readline().strip().lower():
                name, _, value = line.partition(b":")
                length = int(value) if name == b"content-length" else length
            request.read(length)
        connection.sendall(_ANSWER)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def shop() -> Iterator[MoodyShop]:
    shop = MoodyShop()
    yield shop
    shop.close()


def waiting(sandbox: Sandbox) -> int:
    count: int = httpx.get(f"{sandbox.url}/health").raise_for_status().json()["deliveries"]["waiting"]
    return count


def test_what_a_moody_shop_refused_is_delivered_once_it_is_kind(shop: MoodyShop) -> None:
    with (
        running_sandbox(SANDBOX_WEBHOOK_URL=shop.url) as sandbox,
        httpx.Client(base_url=sandbox.url, headers={"Authorization": f"Bearer {sandbox.stripe_key}"}) as http,
    ):
        wanted = {"amount": "100", "currency": "usd"}
        for _ in range(_EVENTS):
            http.post("/v1/payment_intents", data=wanted).raise_for_status()
        assert waiting(sandbox) > 0
        assert shop.resets > 0
        shop.kind.set()
        sandbox.advance(3600)  # no need to wait for the pauses between attempts
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while left := waiting(sandbox):
            assert time.monotonic() < deadline, f"{left} events are still not delivered"
