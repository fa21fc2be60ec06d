"""What a terminal shows while the show plays: the stages as they move, and what became of the newest comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from schemas.records import Intent
from stages.adapters.database import Database
from stages.console.views.comments import ShownComment, Tone, newest_comments
from stages.demo.progress import Progress, as_table

_NEWEST = 8

_INTENTS: Mapping[Intent, str] = {
    "buy": "bold green",
    "question": "cyan",
    "feedback": "magenta",
    "complaint": "red",
    "none": "dim",
}
_TONES: Mapping[Tone, str] = {
    "good": "bold green",
    "busy": "blue",
    "waiting": "yellow",
    "bad": "bold red",
    "quiet": "dim",
}


class Screen:
    """A live display of the shows of these streamers."""

    def __init__(self, live: Live, database: Database, streamers: Sequence[str]) -> None:
        self._live, self._database, self._streamers = live, database, tuple(streamers)

    async def show(self, progress: Progress) -> None:
        """Show the progress, and the comments as they stand now."""
        self._live.update(Group(as_table(progress), as_feed(await self._newest())), refresh=True)

    async def _newest(self) -> list[ShownComment]:
        async with self._database.transaction() as connection:
            found = [
                comment
                for streamer in self._streamers
                for comment in await newest_comments(connection, streamer, _NEWEST)
            ]
        return sorted(found, key=lambda comment: comment.sent_at)[-_NEWEST:]


def as_feed(comments: Sequence[ShownComment]) -> Table:
    """A line for each, the newest below: who, what, what it was taken for, what became of it."""
    table = Table(box=None, show_header=False, expand=True, padding=(0, 1))
    table.add_column(width=16, no_wrap=True, style="dim")
    table.add_column(ratio=1, no_wrap=True)
    table.add_column(width=9)
    table.add_column(width=16, no_wrap=True)
    for comment in comments:
        intent = Text(comment.intent, _INTENTS[comment.intent]) if comment.intent else Text("")
        fate = Text(comment.fate.words, _TONES[comment.fate.tone]) if comment.fate else Text("")
        table.add_row(Text(comment.client), Text(comment.message), intent, fate)
    return table
