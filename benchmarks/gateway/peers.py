"""The gateway and the echo, each in a process of its own, and the servers behind the gateway."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from cryptography.fernet import Fernet

from pipeline.embedded import Postgres, Valkey
from pipeline.embedded.credentials import free_port
from pipeline.embedded.process import ServerProcess, ServerSpec
from stages.adapters.database import Database
from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.migrate import migrate
from stages.wiring import utc_now

_READY_SECONDS = 60.0
_ROOT = Path(__file__).parents[2]
SETTINGS = {
    "SOURCE_KEYS": json.dumps({"gateway": "a key that signs every comment of this benchmark"}),
    # Counted like any limit, and never reached: it would be what is measured.
    "RATE_LIMIT_PER_KEY": "1000000/second",
    # Nobody reads the stream here.
    "GATEWAY_HIGH_WATER": "1000000000",
}
"""On top of the defaults. The limit of each viewer and the memory of what was posted are those of any shop."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One that is measured: its process, where it listens, and the key it wants."""

    name: str
    port: int
    pid: int
    key: str = ""


@contextmanager
def running_peers(folder: Path) -> Iterator[tuple[Peer, Peer]]:
    """The gateway and the echo. Raises ServerFailed."""
    with ExitStack() as stack:
        valkey = stack.enter_context(Valkey(folder / "valkey"))
        postgres = stack.enter_context(Postgres(folder / "postgres"))
        migrate(postgres.url)
        key = asyncio.run(_key(postgres.url))
        environment = {
            "REDIS_URL": valkey.url,
            "DATABASE_URL": postgres.url,
            "DATA_KEYS": json.dumps([Fernet.generate_key().decode()]),
            **SETTINGS,
        }
        gateway = stack.enter_context(_running("gateway", folder, environment, "stages", "serve", "gateway"))
        echo = stack.enter_context(_running("echo", folder, {}, "benchmarks.gateway.echo"))
        yield Peer("gateway", *gateway, key), Peer("echo", *echo)


@contextmanager
def _running(
    name: str, folder: Path, environment: dict[str, str], module: str, *verbs: str
) -> Iterator[tuple[int, int]]:
    port = free_port()
    home = folder / name
    home.mkdir()
    spec = ServerSpec(
        name=name,
        command=(sys.executable, "-m", module, *verbs, "--port", str(port)),
        home=home,
        working_dir=home,
        environment={"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), **environment},
    )
    process = ServerProcess.launch(spec, kept=False)
    try:
        process.wait_until(partial(_answers, port), timeout_seconds=_READY_SECONDS)
        yield port, process.server.pid
    finally:
        process.stop(grace_seconds=10)


async def _key(database_url: str) -> str:
    async with Database.opened(database_url) as database:
        return str(await ApiKeys(database).create("benchmark", ["ingest"], None, "gateway", utc_now()))


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
