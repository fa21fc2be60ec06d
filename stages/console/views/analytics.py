"""What the show does just now, as `run analytics` counts it."""

from __future__ import annotations

from dataclasses import dataclass

from stages.analytics.board import Board
from stages.analytics.windows import Window
from stages.console.backstage import Backstage
from stages.console.views.amounts import shown

_STEPS = ("comments", "want to buy", "product found", "ordered", "paid")


@dataclass(frozen=True, slots=True)
class Row:
    """A step in each window: how many took it, and of those before it so many in a hundred (None: of nobody)."""

    step: str
    cells: tuple[tuple[int, int | None], ...]


@dataclass(frozen=True, slots=True)
class AnalyticsView:
    """`minutes` of the windows, with what was paid in each; questions are those of the longest. `is_known` is false
    where nobody counts just now: then nothing else is said."""

    is_known: bool
    minutes: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    revenue: tuple[str, ...] = ()
    questions: tuple[tuple[str, int], ...] = ()


async def analytics_view(backstage: Backstage, streamer: str) -> AnalyticsView:
    """The streamer's windows."""
    board = Board(backstage.redis, backstage.keys, backstage.settings.partitions)
    windows = await board.read(streamer)
    if windows is None:
        return AnalyticsView(is_known=False)
    return AnalyticsView(
        is_known=True,
        minutes=tuple(window.seconds // 60 for window in windows),
        rows=tuple(Row(step, _cells(number, windows)) for number, step in enumerate(_STEPS)),
        revenue=tuple(_money(window) for window in windows),
        questions=windows[-1].questions,
    )


def _cells(number: int, windows: tuple[Window, ...]) -> tuple[tuple[int, int | None], ...]:
    return tuple((window.steps[number], _percent(window.conversion[number])) for window in windows)


def _percent(rate: float | None) -> int | None:
    return None if rate is None else round(100 * rate)


def _money(window: Window) -> str:
    return " + ".join(shown(minor, currency) for currency, minor in window.revenue) or "0"
