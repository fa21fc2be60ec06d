"""Blocking calls that nobody has to wait for at the end."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def in_background(call: Callable[[], T]) -> asyncio.Future[T]:
    """Make the call in a daemon thread. Unlike `asyncio.to_thread`, neither the loop nor the process waits for it
    when they end: a video's library can't be interrupted while it waits for a stream."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def work() -> None:
        failure: Exception | None = None
        try:
            result = call()
        except Exception as error:
            failure = error

        def settle() -> None:
            if answer.done():
                return
            if failure is not None:
                answer.set_exception(failure)
            else:
                answer.set_result(result)

        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
            loop.call_soon_threadsafe(settle)

    threading.Thread(target=work, name="footage", daemon=True).start()
    return answer
