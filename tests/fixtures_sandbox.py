"""The payment and message providers' sandbox as a process, and a server that takes what it tells the shop."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from stripe import StripeClient

from stages.adapters.stripe_transport import StripeTransport

_START_SECONDS = 30.0
_DELIVERY_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: its address, the keys it takes, its own doors."""

    url: str
    stripe_key: str
    webhook_secret: str
    twilio_sid: str
    twilio_token: str
    process: subprocess.Popen[str] = field(repr=False)

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """What really happened at the providers."""
        ledger: dict[str, list[dict[str, Any]]] = httpx.get(f"{self.url}/ledger").raise_for_status().json()
        return ledger

    def arm(self, provider: str, fault: str, **details: object) -> None:
        """Makes the next call of that provider go wrong."""
        line = {"provider": provider, "fault": fault, **details}
        httpx.post(f"{self.url}/faults", json=line).raise_for_status()

    def advance(self, seconds: float) -> None:
        """Moves the sandbox's clock forward."""
        httpx.post(f"{self.url}/clock", json={"advance_seconds": seconds}).raise_for_status()


@contextmanager
def running_sandbox(*arguments: str, **environment: str) -> Iterator[Sandbox]:
    """A sandbox of one's own, stopped at the end whatever happened to it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stages.sandbox", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    timer = threading.Timer(_START_SECONDS, process.kill)
    timer.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        timer.cancel()
        assert line, f"The sandbox ended with status {process.wait()} before it listened."
        yield Sandbox(**json.loads(line), process=process)
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for the whole run; tests tell their doings apart by order numbers and recipients."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
def own_sandbox() -> Iterator[Sandbox]:
    """A sandbox for one test: for the clock, for counts, for whoever kills it."""
    with running_sandbox() as running:
        yield running


@asynccontextmanager
async def stripe_sdk(sandbox: Sandbox, key: str | None = None) -> AsyncIterator[StripeClient]:
    """The real SDK, pointed at the sandbox; it never retries by itself."""
    transport = StripeTransport(10, trust_env=False)
    yield StripeClient(
        key or sandbox.stripe_key,
        base_addresses={"api": sandbox.url},
        max_network_retries=0,
        http_client=transport,
    )
    await transport.close_async()


@pytest.fixture(scope="session")
async def stripe_client(sandbox: Sandbox) -> AsyncIterator[StripeClient]:
    """The real SDK at the run's sandbox."""
    async with stripe_sdk(sandbox) as client:
        yield client


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    """What a buyer opens a link with; follows no redirects."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request that came in; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Mailbox:
    """A local HTTP server for webhooks: keeps what comes and answers as told."""

    def __init__(self) -> None:
        self._deliveries: queue.Queue[Delivery] = queue.Queue()
        self._answers: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def answer_next(self, status: int) -> None:
        """The next request gets this status; without, 200."""
        self._answers.put(status)

    def take(self) -> Delivery:
        """The next request; raises queue.Empty when none comes in time."""
        return self._deliveries.get(timeout=_DELIVERY_SECONDS)

    def take_event(self, kind: str) -> Delivery:
        """The next Stripe event of this type; others before it are passed over."""
        while True:
            delivery = self.take()
            if json.loads(delivery.body)["type"] == kind:
                return delivery

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        deliveries, answers = self._deliveries, self._answers

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = 200 if answers.empty() else answers.get()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                deliveries.put(Delivery(self.path, headers, body))

            def log_message(self, format: str, *arguments: object) -> None:
                return

        return Handler


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Takes webhooks for one test."""
    box = Mailbox()
    yield box
    box.close()


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    """Where a sandbox keeps its state across a kill."""
    return tmp_path / "sandbox.sqlite"
