"""The console's panel of what a show does just now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.decision import partition_of
from stages.analytics.board import Board
from stages.analytics.windows import Window
from stages.console.panels import panels_on
from stages.console.rendering import Renderer
from stages.console.views.analytics import AnalyticsView, analytics_view
from tests.contract.console_page import ConsolePage, console_page

MINUTE = Window(60, 10, 4, 3, 2, 0, (("EUR", 500), ("USD", 7999)), (("how <much>?", 1200),))


@pytest.fixture
async def page(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[ConsolePage]:
    async with console_page(redis_url, database_url, tmp_path, open_doors=True) as page:
        yield page


def board_of(page: ConsolePage) -> Board:
    stage = page.backstage
    return Board(stage.redis, stage.keys, stage.settings.partitions)


def html_of(view: AnalyticsView) -> str:
    return Renderer().panel(panels_on("kafka")["analytics"], view, "maya")


async def test_what_nobody_counts_is_unknown_and_not_nothing(page: ConsolePage) -> None:
    view = await analytics_view(page.backstage, page.shop.streamer)
    assert not view.is_known
    assert "is not running" in html_of(view)


async def test_whoever_is_not_mentioned_by_who_counts_had_nothing(page: ConsolePage) -> None:
    await board_of(page).put_up(0, {"somebody.else": (MINUTE,)})
    view = await analytics_view(page.backstage, page.shop.streamer)
    assert view.is_known
    assert view.minutes == (1, 5, 15)
    assert {cell for row in view.rows for cell in row.cells} == {(0, None)}


async def test_a_streamers_windows_are_shown_with_rates_and_questions(page: ConsolePage) -> None:
    streamer = page.shop.streamer
    windows = (MINUTE, replace(MINUTE, seconds=300), replace(MINUTE, seconds=900))
    await board_of(page).put_up(
        partition_of(streamer, page.backstage.settings.partitions), {streamer: windows}
    )
    view = await analytics_view(page.backstage, streamer)
    assert [row.cells[0] for row in view.rows] == [(10, None), (4, 40), (3, 75), (2, 67), (0, 0)]
    assert view.revenue[0] == "€5.00 + $79.99"
    html = html_of(view)
    assert "how &lt;much&gt;?" in html
    assert "1,200" in html


async def test_what_was_counted_is_forgotten_unless_it_is_counted_on(page: ConsolePage) -> None:
    await board_of(page).put_up(0, {})
    assert 0 < await page.backstage.redis.ttl(page.backstage.keys.analytics(0)) <= 15


async def test_where_nothing_can_be_counted_there_is_no_such_panel(page: ConsolePage) -> None:
    assert "analytics" not in panels_on("redis")
    assert "panel-analytics" not in (await page.http.get(f"/s/{page.shop.streamer}")).text
