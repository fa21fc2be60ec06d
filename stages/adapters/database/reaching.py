"""Postgres at the start of a process that has time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from pipeline.backoff import delay_seconds
from stages.adapters.database.pool import Database
from stages.adapters.database.unavailable import DatabaseUnavailable

_BASE_SECONDS, _CAP_SECONDS = 0.1, 2.0  # as for Redis

_log = structlog.get_logger()


async def reached(connect: Callable[[], Awaitable[Database]], random: Callable[[], float]) -> Database:
    """What `connect` gives, however often it says DatabaseUnavailable first; each time is logged. Raises whatever else
    it raises: that does not pass by itself. `random` gives numbers in [0, 1)."""
    attempt = 0
    while True:
        try:
            return await connect()
        except DatabaseUnavailable as error:
            attempt += 1
            wait = delay_seconds(attempt, base_seconds=_BASE_SECONDS, cap_seconds=_CAP_SECONDS, random=random)
            _log.warning("Postgres is away; trying again", error=str(error), seconds=round(wait, 3))
        await asyncio.sleep(wait)
