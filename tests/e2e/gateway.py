"""A gateway in a process of its own, without the rest of the house."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from pipeline.embedded.credentials import free_port
from pipeline.embedded.process import ServerProcess, ServerSpec

_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """It runs, at `url`."""

    process: ServerProcess
    url: str
    log_file: Path

    def resident_kib(self) -> int:
        """The memory that the process holds."""
        asked = ["ps", "-o", "rss=", "-p", str(self.process.server.pid)]
        return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)

    def log(self) -> bytes:
        """What the process has said."""
        return self.log_file.read_bytes()


@contextmanager
def running_gateway(folder: Path, redis_url: str, database_url: str, **settings: str) -> Iterator[Gateway]:
    """A gateway that asks for no keys, before these servers. Its log lies in the folder."""
    port = free_port()
    spec = ServerSpec(
        name="gateway",
        command=(sys.executable, "-m", "stages", "serve", "gateway", "--port", str(port)),
        home=folder,
        working_dir=folder,
        environment={
            "PATH": os.environ["PATH"],
            "PYTHONWARNINGS": "ignore",
            "REDIS_URL": redis_url,
            "DATABASE_URL": database_url,
            "OPEN_DOORS": "true",
            **settings,
        },
    )
    url = f"http://127.0.0.1:{port}"
    process = ServerProcess.launch(spec, kept=False)
    try:
        process.wait_until(lambda: _answers(url), timeout_seconds=_READY_SECONDS)
        yield Gateway(process, url, spec.log_file)
    finally:
        process.stop(grace_seconds=10)


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False
