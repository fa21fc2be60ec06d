"""What a stage makes ready before its first entry."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import structlog

from pipeline.backoff import delay_seconds
from pipeline.stage import Stage

_BASE_SECONDS, _CAP_SECONDS = 0.1, 2.0


async def prepare(stage: Stage[Any], stopping: asyncio.Event, random: Callable[[], float]) -> None:
    """Await what `stage` prepares, if anything. What it needs and is away (see Limits) is waited out with
    backoff, until `stopping`. Raises what does not pass by itself."""
    attempt = 0
    while stage.prepare and not stopping.is_set():
        try:
            await stage.prepare()
            return
        except stage.limits.away as error:
            attempt += 1
            wait = delay_seconds(attempt, base_seconds=_BASE_SECONDS, cap_seconds=_CAP_SECONDS, random=random)
            structlog.get_logger(stage=stage.name).warning(
                "what the stage prepares needs what is away; trying again",
                error=str(error) or type(error).__name__,
                seconds=round(wait, 3),
            )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), wait)
