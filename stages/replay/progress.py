"""A replay's progress bar, on standard error."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_EVERY_SECONDS = 0.2


class Measured(Protocol):
    """Something that is under way."""

    @property
    def share_read(self) -> float:
        """How much of history is read, 0 to 1."""
        ...

    @property
    def begun(self) -> int:
        """What was taken up."""
        ...

    @property
    def done(self) -> int:
        """What is finished."""
        ...


@contextmanager
def shown(gauge: Measured) -> Iterator[None]:
    """Show how far the replay is while the block lasts; nothing where standard error is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress, _refreshing(progress, gauge):
        yield


@contextmanager
def _refreshing(progress: Progress, gauge: Measured) -> Iterator[None]:
    read = progress.add_task("read, %", total=100)
    finished = progress.add_task("finished", total=None)
    ended = threading.Event()

    def refresh() -> None:
        while not ended.wait(_EVERY_SECONDS):
            progress.update(read, completed=int(100 * gauge.share_read))
            progress.update(finished, completed=gauge.done, total=gauge.begun or None)

    # A thread, so that the bar also moves while the loop is busy; it only reads numbers.
    thread = threading.Thread(target=refresh, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
