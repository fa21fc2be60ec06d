"""Ends tasks for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

_PATIENCE_SECONDS = 0.2


async def cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks and wait for their end; what they end with is left to whoever asks them for it.

    Asks again until they obey: a cancellation that arrives while redis-py connects is lost. Being cancelled itself
    changes nothing until they have ended.
    """
    pending = {task for task in tasks if not task.done()}
    interrupted: asyncio.CancelledError | None = None
    while pending:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=_PATIENCE_SECONDS)
        except asyncio.CancelledError as error:
            interrupted = error
        pending = {task for task in pending if not task.done()}
    if interrupted:
        raise interrupted


async def together(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run the coroutines side by side until the first one ends; the others are then cancelled, for certain (a
    TaskGroup asks its tasks only once). Raises what the first one failed with; what else failed stands in its notes."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended = [task for task in tasks if task.done()]
        await cancel(tasks)
    failed = [error for task in ended if not task.cancelled() and (error := task.exception())]
    for other in failed[1:]:
        failed[0].add_note(f"At the same time: {other!r}")
    for task in ended:
        task.result()
