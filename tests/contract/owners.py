"""Processes that own an embedded server, for the tests of what happens to it when they die."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.embedded import Postgres, Valkey

ROOT = Path(__file__).parents[2]
IMPORT_PATH = os.pathsep.join([str(ROOT), *sys.path])

OWNER = """
import json, signal, sys
from pathlib import Path
from pipeline.embedded import Postgres, Valkey
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores it
kind, data_dir, kept = sys.argv[1:]
server = {"Postgres": Postgres, "Valkey": Valkey}[kind](data_dir).start(kept=kept == "kept")
def tell():
    print(json.dumps({"pid": server.pid, "url": server.url, "running": server.is_running()}), flush=True)
try:
    tell()
    sys.stdin.readline()
except KeyboardInterrupt:
    tell()
    server.stop()
    print(json.dumps({"running": server.is_running()}), flush=True)
"""


class Owner:
    """A process with a server; `said` is what it told last."""

    def __init__(self, kind: type[Postgres] | type[Valkey], data_dir: Path, *, kept: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, kind.__name__, str(data_dir), "kept" if kept else "not kept"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": IMPORT_PATH},
            start_new_session=True,
        )
        self.said = self._first_words()

    def _first_words(self) -> dict[str, Any]:
        try:
            return self.listen()
        except ValueError:
            with self.process:
                self.process.kill()
            raise

    def listen(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        heard: dict[str, Any] = json.loads(self.process.stdout.readline())
        return heard

    def end(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.process:
            self.process.kill()


def wait_for_end(pid: int, *, seconds: float = 15) -> bool:
    """Whether the process is gone within the time; woken by the kernel."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ended, _, _ = select.select([handle], [], [], seconds)
        return bool(ended)
    finally:
        os.close(handle)
