"""`tiktoksales` as it is typed: in a process of its own, but without the second that importing it takes.

A plugin of pytest's, since the process that has imported it ends with the run (see typist.py)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.typist import FUNCTION

_SECONDS = 110.0
_started: list[subprocess.Popen[str]] = []
_ports: list[str] = []


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


async def tiktoksales(*arguments: str, **settings: str) -> Said:
    """Run a verb with these settings (environment variables, in lower case)."""
    return await asyncio.to_thread(typed, *arguments, **settings)


def typed(*arguments: str, **settings: str) -> Said:
    """The same for tests without a loop."""
    given = {name.upper(): value for name, value in settings.items()}
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", f'{FUNCTION}\ntiktoksales "$@"', "bash", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", "TYPIST": typist(), **given},
        timeout=_SECONDS,
        check=False,
    )
    return Said(ended.returncode, ended.stdout, ended.stderr)


def typist() -> str:
    """Where FUNCTION finds `tiktoksales`, started where it is asked for first."""
    if not _ports:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.typist"], stdout=subprocess.PIPE, text=True
        )
        _started.append(process)
        assert process.stdout is not None
        _ports.append(process.stdout.readline().strip())
    return _ports[0]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """End it before anybody looks what is left behind."""
    for process in _started:
        with process:
            process.kill()
