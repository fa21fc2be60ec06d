"""Watches what the panels show, once for all who see the same of a streamer, and tells them what changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from pipeline.cancellation import cancel
from stages.console.absence import AWAY, what_is_away
from stages.console.backstage import Backstage
from stages.console.panels import Panel
from stages.console.rendering import Renderer

STATE = "state"
"""The name under which it is told whether what the page shows is fresh."""

News = Sequence[tuple[str, str]]
"""Names of panels, or STATE, with their HTML."""

_Seen = tuple[str, bool]
"""A streamer, and whether an operator looks."""

_REST_PER_LOOK = 9  # so a panel that makes the database count takes at most a tenth of its time

_log = structlog.get_logger()


@dataclass(slots=True)
class _Channel:
    """A page as it was last seen: `latest` holds each panel's HTML with the look in which it changed."""

    listeners: int = 0
    looks: int = 0
    latest: dict[str, tuple[int, str]] = field(default_factory=dict)
    looked: asyncio.Condition = field(default_factory=asyncio.Condition)
    watch: asyncio.Task[None] | None = None
    # What ended the watch: every listener is told, and whoever comes next starts a new one.
    failure: Exception | None = None


@dataclass(frozen=True, slots=True)
class _Watched:
    """The panels' views as they were last seen, and when each is due to be looked at again."""

    views: dict[str, object] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)


class Feed:
    """Looks every `interval_seconds` while anybody listens, less often at panels that take long. A slow listener misses
    what was overtaken, and nothing is kept for them. `clock` gives seconds that never go back."""

    def __init__(
        self,
        panels: Mapping[str, Panel],
        renderer: Renderer,
        interval_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._panels, self._renderer = panels, renderer
        self._interval_seconds, self._clock = interval_seconds, clock
        self._channels: dict[_Seen, _Channel] = {}

    async def of(self, backstage: Backstage, streamer: str) -> AsyncGenerator[News]:
        """First all panels, then after each look what changed, which may be nothing. Without end; close it."""
        async with self._listening(backstage, streamer) as channel:
            seen = 0
            while True:
                async with channel.looked:
                    while channel.looks <= seen and channel.failure is None:
                        await channel.looked.wait()
                    if channel.failure:
                        raise channel.failure
                    news = [(name, html) for name, (look, html) in channel.latest.items() if look > seen]
                    seen = channel.looks
                yield news

    @asynccontextmanager
    async def _listening(self, backstage: Backstage, streamer: str) -> AsyncIterator[_Channel]:
        seen = streamer, backstage.is_operator
        channel = self._channels.setdefault(seen, _Channel())
        channel.listeners += 1
        if channel.watch is None:
            channel.watch = asyncio.create_task(self._watch(seen, backstage, channel))
        try:
            yield channel
        finally:
            channel.listeners -= 1
            if not channel.listeners:
                self._forget(seen, channel)
                await cancel([channel.watch])

    def _forget(self, seen: _Seen, channel: _Channel) -> None:
        if self._channels.get(seen) is channel:
            del self._channels[seen]

    async def _watch(self, seen: _Seen, backstage: Backstage, channel: _Channel) -> None:
        watched = _Watched()
        try:
            while True:
                await self._tell(channel, await self._look(backstage, seen[0], watched))
                await asyncio.sleep(self._interval_seconds)
        except Exception as error:
            _log.error("a page can't be watched", kind=type(error).__name__, exc_info=error)
            self._forget(seen, channel)
            async with channel.looked:
                channel.failure = error
                channel.looked.notify_all()

    async def _tell(self, channel: _Channel, found: Mapping[str, str]) -> None:
        async with channel.looked:
            channel.looks += 1
            for name, html in found.items():
                if name not in channel.latest or channel.latest[name][1] != html:
                    channel.latest[name] = (channel.looks, html)
            channel.looked.notify_all()

    async def _look(self, backstage: Backstage, streamer: str, watched: _Watched) -> dict[str, str]:
        """The panels whose views changed since the last look, and the state."""
        changed: dict[str, str] = {}
        away: str | None = None
        for panel in self._due(watched):
            try:
                view = await self._view(panel, backstage, streamer, watched)
            except AWAY as error:
                away = what_is_away(error)
                continue
            if panel.name not in watched.views or watched.views[panel.name] != view:
                watched.views[panel.name] = view
                changed[panel.name] = self._renderer.panel(panel, view, streamer)
        return {**changed, STATE: self._renderer.page("state", away=away)}

    def _due(self, watched: _Watched) -> list[Panel]:
        now = self._clock()
        return [panel for name, panel in self._panels.items() if now >= watched.due.get(name, now)]

    async def _view(self, panel: Panel, backstage: Backstage, streamer: str, watched: _Watched) -> object:
        begun = self._clock()
        view = await panel.view(backstage, streamer)
        done = self._clock()
        watched.due[panel.name] = done + _REST_PER_LOOK * (done - begun)
        return view
