"""What an open page is told: everything first, then what changed, until nobody may look any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.api_keys import ApiKeys
from stages.console import live
from stages.console.backstage import Backstage
from stages.console.feed import STATE, Feed, News
from stages.console.panels import Panel, panels_on
from stages.console.rendering import Renderer
from stages.doors.keyring import FRESH_SECONDS
from stages.wiring import utc_now
from tests.contract.console_page import ConsolePage, Ticks, console_page
from tests.contract.served import served
from tests.e2e.shop import until

PATIENCE_SECONDS = 30.0  # only a failing test ever waits so long
BY_NAME = panels_on("redis")


@pytest.fixture
async def page(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[ConsolePage]:
    async with console_page(redis_url, database_url, tmp_path) as page:
        yield page


class Counted:
    """A panel that counts how often it is looked at; it breaks, or moves the clock, where a test says so."""

    def __init__(self, panel: Panel, lasts: tuple[Ticks, float] | None = None) -> None:
        self.looks = 0
        self.breaks: Exception | None = None
        self._panel, self._lasts = panel, lasts

    @property
    def panels(self) -> Mapping[str, Panel]:
        return {self._panel.name: replace(self._panel, view=self._view)}

    async def _view(self, backstage: Backstage, streamer: str) -> object:
        self.looks += 1
        if self.breaks:
            raise self.breaks
        if self._lasts:
            ticks, seconds = self._lasts
            ticks.at += seconds
        return await self._panel.view(backstage, streamer)


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody with the page open."""

    looks: AsyncGenerator[News]

    async def next(self) -> dict[str, str]:
        """The next news that there are."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (news := await anext(self.looks)):
                pass
        return dict(news)

    async def told(self, panel: str, words: str) -> set[str]:
        """The names of all panels that changed until this one showed the words."""
        names: set[str] = set()
        while True:
            news = await self.next()
            names |= set(news)
            if words in news.get(panel, ""):
                return names


@asynccontextmanager
async def listening(feed: Feed, page: ConsolePage) -> AsyncIterator[Listener]:
    async with aclosing(feed.of(page.backstage, page.shop.streamer)) as looks:
        yield Listener(looks)


def feed_of(panels: Mapping[str, Panel], clock: Callable[[], float] | None = None) -> Feed:
    return Feed(panels, Renderer(), 0.01, clock or Ticks())


async def test_an_open_page_is_told_all_first_and_then_what_changed(page: ConsolePage) -> None:
    quiet = {name: panel for name, panel in BY_NAME.items() if name != "health"}  # it has a clock of its own
    async with listening(feed_of(quiet), page) as listener:
        assert set(await listener.next()) == {*quiet, STATE}
        await page.comment("how much?", "question")
        assert await listener.told("comments", "how much?") <= {"comments", "figures"}
        await page.shop.sell("JACKET", 3)
        assert await listener.told("products", "The JACKET") <= {"products", "figures"}


async def test_all_who_look_at_a_streamer_share_the_looking(page: ConsolePage) -> None:
    counted = Counted(BY_NAME["comments"])
    feed = feed_of(counted.panels)
    async with listening(feed, page) as first, listening(feed, page) as second:
        assert await first.next() == await second.next()
        await page.comment("mine!", "buy")
        assert (await first.next()) == (await second.next())
        looks = counted.looks
        async with asyncio.timeout(PATIENCE_SECONDS):
            while counted.looks < looks + 20:
                await anext(first.looks)
        await anext(second.looks)
        # Who was slow has missed nothing, and was sent nothing twice.
        await page.comment("and mine!", "buy")
        assert (await first.next()) == (await second.next())


async def test_nobody_looks_once_the_last_page_is_closed(page: ConsolePage) -> None:
    counted = Counted(BY_NAME["comments"])
    feed = feed_of(counted.panels)
    tasks = asyncio.all_tasks()
    async with listening(feed, page) as first:
        async with listening(feed, page) as second:
            await second.next()
        await first.next()
        assert asyncio.all_tasks() - tasks
    assert asyncio.all_tasks() - tasks == set()
    async with listening(feed, page) as again:
        assert "comments" in await again.next()


async def test_what_can_not_be_read_now_is_said_and_read_later(page: ConsolePage) -> None:
    counted = Counted(BY_NAME["comments"])
    async with listening(feed_of(counted.panels), page) as listener:
        assert "Live" in (await listener.next())[STATE]
        counted.breaks = DatabaseUnavailable("away")
        assert "The database is away" in (await listener.next())[STATE]
        counted.breaks = None
        assert "Live" in (await listener.next())[STATE]


async def test_a_panel_that_takes_long_is_looked_at_less_often(page: ConsolePage) -> None:
    ticks = Ticks()
    slow, quick = Counted(BY_NAME["figures"], lasts=(ticks, 2.0)), Counted(BY_NAME["comments"])
    async with listening(feed_of({**slow.panels, **quick.panels}, ticks), page) as listener:
        await listener.next()
        for at, looks in ((19.9, 1), (20.1, 2)):
            ticks.at, before = at, quick.looks
            async with asyncio.timeout(PATIENCE_SECONDS):
                while quick.looks < before + 5:
                    await anext(listener.looks)
            assert slow.looks == looks


async def test_a_mistake_of_ours_ends_the_feed_and_a_new_one_begins_anew(page: ConsolePage) -> None:
    counted = Counted(BY_NAME["comments"])
    feed = feed_of(counted.panels)
    async with listening(feed, page) as listener:
        await listener.next()
        counted.breaks = ZeroDivisionError("ours")
        with capture_logs() as logged, pytest.raises(ZeroDivisionError):
            await listener.next()
        assert [line["event"] for line in logged] == ["a page can't be watched"]
        counted.breaks = None
        async with listening(feed, page) as another:
            assert "comments" in await another.next()


async def test_the_feed_over_http_ends_when_the_key_is_revoked(
    page: ConsolePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.1)
    key = await page.key(streamer=page.shop.streamer)
    bearer = {"Authorization": f"Bearer {key}"}
    async with (
        served(page.app) as place,
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http,
    ):
        async with http.stream(
            "GET", f"http://{place}/s/{page.shop.streamer}/feed", headers=bearer
        ) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            told = {line.removeprefix("event: ") async for line in _until(lines, "event: state")}
            assert {*BY_NAME, STATE} <= told
            await ApiKeys(page.shop.wiring.database).revoke(key.split("_")[1], utc_now())
            page.ticks.at += FRESH_SECONDS + 0.1
            assert "event: gone" in [line async for line in lines]
        again = await http.get(f"http://{place}/s/{page.shop.streamer}/feed", headers=bearer)
        assert again.status_code == 401


async def test_a_page_that_is_closed_is_watched_no_more(page: ConsolePage) -> None:
    bearer = {"Authorization": f"Bearer {await page.key(streamer=page.shop.streamer)}"}

    async def none_watched() -> bool:
        return not _watches()

    async with (
        served(page.app) as place,
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http,
    ):
        address = f"http://{place}/s/{page.shop.streamer}/feed"
        async with http.stream("GET", address, headers=bearer) as answer:
            assert [line async for line in _until(answer.aiter_lines(), "event: state")]
            assert len(_watches()) == 1
        await until(none_watched, "nobody watches for a page that is closed")


def _watches() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__name__", "") == "_watch"]


async def _until(lines: AsyncIterator[str], last: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line == last:
            return
