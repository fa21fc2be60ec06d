"""The streamers, for whoever may choose among them."""

from __future__ import annotations

from dataclasses import dataclass

from stages.adapters.database.statements import statement
from stages.console.backstage import Backstage
from stages.console.views.window import HOURS, begin


@dataclass(frozen=True, slots=True)
class ShownStreamer:
    """A streamer, with what came in within the window."""

    handle: str
    name: str
    comments: int
    orders: int


@dataclass(frozen=True, slots=True)
class StreamersView:
    """All of them, by name."""

    hours: int
    rows: tuple[ShownStreamer, ...]


async def streamers_view(backstage: Backstage) -> StreamersView:
    """Every streamer. For visitors alone whose key is bound to none. Raises DatabaseUnavailable."""
    async with backstage.database.transaction() as connection:
        rows = await connection.fetch(statement("console/streamers"), begin(backstage.now()))
    return StreamersView(HOURS, tuple(ShownStreamer(**row) for row in rows))
