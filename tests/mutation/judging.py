"""A mutant is put into a copy of the checkout, and its tests are run there by a fork that has its libraries loaded."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.mutation.lent import Lent
from tests.mutation.mutant import Mutant

Verdict = Literal["killed", "timed out", "survived"]

_OURS = ("schemas", "pipeline", "stages", "tests")
_LARGE = ("stages/models", "stages/training/data", "deploy", "docs", "benchmarks")
# What the tests' modules import from elsewhere: once, not for each mutant. Nothing of it starts threads.
_LIBRARIES = (
    "aiohttp.web", "asyncpg", "confluent_kafka", "cryptography.fernet", "fastapi", "httpx", "hypothesis.stateful",
    "orjson", "prometheus_client", "psycopg", "pydantic", "pydantic_settings", "redis.asyncio", "stripe", "structlog",
    "twilio.rest", "typer", "yoyo",
)  # fmt: skip
_POLL_SECONDS = 0.01


def load_libraries() -> None:
    """Before the first judgement, and pytest's plugins too."""
    for plugin in entry_points(group="pytest11"):
        plugin.load()
    for name in _LIBRARIES:
        import_module(name)


class Court:
    """Judges by `tests` in `folder`, a copy of the checkout at `root`; `lent` are fixtures from outside."""

    def __init__(self, root: Path, folder: Path, tests: Sequence[str], lent: dict[str, Any]) -> None:
        self.folder = folder
        self._tests, self._lent, self._limit = tests, lent, 120.0
        _copy(root, folder)

    def rehearse(self) -> float:
        """The seconds that the tests take on what was not changed, which sets the limit for mutants. Raises
        AssertionError where they fail on that: then they judge nothing."""
        took = 0.0
        for _ in range(2):  # the second time everything is compiled
            began = time.monotonic()
            assert self._run(compiles=True) == 0, (self.folder / "judged.log").read_text()
            took = time.monotonic() - began
        self._limit = 10 + 4 * took
        return took

    def judge(self, mutant: Mutant) -> Verdict:
        """Whether the tests notice."""
        path = self.folder / mutant.file
        original = path.read_text(encoding="utf-8")
        path.write_text(mutant.text, encoding="utf-8")
        Path(cache_from_source(str(path))).unlink(missing_ok=True)
        try:
            status = self._run()
        finally:
            path.write_text(original, encoding="utf-8")
        if status is None:
            return "timed out"
        return "survived" if status == 0 else "killed"

    def _run(self, compiles: bool = False) -> int | None:
        """The status that pytest ends with; None where it had to be ended."""
        gc.freeze()  # or each child would go through all that is loaded
        child = os.fork()
        if child == 0:
            status = -1
            try:
                status = self._tested(compiles)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        deadline = time.monotonic() + self._limit
        while time.monotonic() < deadline:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(_POLL_SECONDS)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None

    def _tested(self, compiles: bool) -> int:
        os.setsid()
        os.chdir(self.folder)
        log = os.open("judged.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
            del sys.modules[name]
        sys.path.insert(0, str(self.folder))
        sys.dont_write_bytecode = not compiles
        options = [
            "-x",
            "-q",
            "-W",
            "ignore::pytest.PytestAssertRewriteWarning",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--hypothesis-profile=mutation",
        ]
        return int(pytest.main([*options, *self._tests], plugins=[Lent(self._lent)]))


def _copy(root: Path, folder: Path) -> None:
    large = {root / name for name in _LARGE}

    def left_out(directory: str, names: list[str]) -> list[str]:
        return [name for name in names if name == "__pycache__" or Path(directory, name) in large]

    folder.mkdir(parents=True)
    for name in _OURS:
        shutil.copytree(root / name, folder / name, ignore=left_out)
    for name in (*_LARGE, "pyproject.toml", ".gitignore"):
        (folder / name).symlink_to(root / name)
