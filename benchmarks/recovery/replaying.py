"""`tiktoksales replay --from-database`, as the shop's owner calls it when Redis lost something."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any


class ReplayFailed(Exception):
    """The verb ended with another status than 0, or did not print its sums."""


async def replay_from_database(environment: Mapping[str, str]) -> dict[str, Any]:
    """The sums that it prints. Raises ReplayFailed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.recovery.worker", "replay", "--from-database", "--json"),
        env=dict(environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    if process.returncode:
        raise ReplayFailed(
            f"`replay --from-database` ended with {process.returncode}: {complained.decode()[-2000:]}"
        )
    sums: dict[str, Any] = json.loads(said.decode().splitlines()[-1])
    return sums
