"""A shell at which somebody types what the documentation shows, one command after the other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.shell import Said

_SECONDS = 60.0  # only a failing test ever waits so long


class ReaderShell:
    """One bash: folder, variables and functions last from command to command."""

    def __init__(self, process: asyncio.subprocess.Process, notes: Path) -> None:
        self._process, self._out, self._err = process, notes / "out", notes / "err"

    async def run(self, command: str) -> Said:
        """Type a command, and wait for its end. Raises TimeoutError."""
        typed = f"{{\n{command}\n}} </dev/null >{self._out} 2>{self._err}\necho $?\n"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(typed.encode())
        status = await asyncio.wait_for(self._process.stdout.readline(), _SECONDS)
        return Said(int(status or b"-1"), self._out.read_text(), self._err.read_text())


@asynccontextmanager
async def shell_in(folder: Path, notes: Path, **variables: str) -> AsyncIterator[ReaderShell]:
    """A shell that begins in the folder, with hardly any environment; `notes` is a folder of its own."""
    given: Mapping[str, str] = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        "bash", "--noprofile", "--norc",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=folder,
        env={**given, "COLUMNS": "200", "PYTHONWARNINGS": "ignore", **variables},
    )  # fmt: skip
    try:
        yield ReaderShell(process, notes)
    finally:
        process.kill()
        await process.wait()
