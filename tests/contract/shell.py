"""`tiktoksales` as it is typed, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


async def tiktoksales(*arguments: str, **settings: str) -> Said:
    """Run a verb with these settings (environment variables, in lower case)."""
    environment = {name.upper(): value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stages",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "200", **environment},
    )
    out, err = await process.communicate()
    return Said(process.returncode or 0, out.decode(), err.decode())
