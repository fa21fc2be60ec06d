"""What was on screen when a comment was written, as descriptions that can be matched."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from stages.adapters.frame_listings import FrameListings
from stages.adapters.frames import BadFrame, ForbiddenFrame, FrameStore, decode_frame
from stages.adapters.lookout import Lookout
from stages.adapters.matcher import FrameDescription, Matcher

_KEPT = 2_000  # descriptions; about 25 KB each
_AHEAD_SECONDS = 0.5  # between two looks for a new frame
_WATCHED = 1_000  # streamers of whom it is known which frame was the newest


class Scene(Protocol):
    """What is looked at: a streamer's show at a moment, or the frames that are named."""

    @property
    def streamer(self) -> str:
        """Whose show."""
        ...

    @property
    def timestamp(self) -> datetime:
        """When the viewer wrote."""
        ...

    @property
    def frame_urls(self) -> Sequence[str]:
        """Frames to look at instead of the stored ones."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame, by its path or URL, and what is to be seen in it."""

    name: str
    description: FrameDescription


class Sight:
    """Finds a comment's frames and describes them. A frame is described once, however many comments look back on
    it, also at the same time."""

    def __init__(
        self,
        frames: FrameStore,
        matcher: Matcher,
        *,
        window_seconds: float,
        limit: int,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """With `now`, new frames of the streamers under whom claims come in are looked at before a claim needs them;
        `close` ends that."""
        self._frames, self._matcher, self._now = frames, matcher, now
        self._window, self._limit = timedelta(seconds=window_seconds), limit
        self._listings = FrameListings(frames, reach=self._window, clock=time.monotonic)
        self._lookout = Lookout(
            self._look_ahead,
            watch_seconds=window_seconds,
            every_seconds=_AHEAD_SECONDS,
            clock=time.monotonic,
        )
        self._newest: OrderedDict[str, datetime] = OrderedDict()
        self._described: OrderedDict[str, asyncio.Task[FrameDescription | None]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()  # the models use as many threads as they may by themselves
        self._log = structlog.get_logger()

    async def of(self, scene: Scene, view_delay_seconds: float) -> list[Seen]:
        """The frames that the scene names, or those of the window that ended when its writer saw them: the viewers
        see the stream later than the camera. Frames that can't be read are left out.

        Raises UnreachableFrames where the store does not answer.
        """
        if self._now and not scene.frame_urls and self._now() - scene.timestamp < 2 * self._window:
            self._lookout.claimed(scene.streamer)
        reads: dict[str, Callable[[], Awaitable[bytes]]] = {}
        for url in scene.frame_urls[: self._limit]:
            reads[url] = lambda url=url: self._frames.read_url(url)  # type: ignore[misc]
        if not reads:
            end = scene.timestamp - timedelta(seconds=view_delay_seconds)
            for key in await self._listings.window(scene.streamer, end - self._window, end, self._limit):
                reads[key.path] = lambda key=key: self._frames.read(key)  # type: ignore[misc]
        described = [(name, await self._describe(name, read)) for name, read in reads.items()]
        return [Seen(name, description) for name, description in described if description]

    async def close(self) -> None:
        """Look ahead no more."""
        await self._lookout.close()

    async def _look_ahead(self, streamer: str) -> None:
        """Describe the streamer's new frames, but no more of them than claims would have asked for."""
        assert self._now is not None  # noqa: S101 - nobody is watched without
        now = self._now()
        pace = 0.9 * self._window / self._limit
        since = max(now - self._window, self._newest.get(streamer, now - self._window) + pace)
        most = 1 + (now - since) // pace
        for key in await self._frames.window(streamer, since, now, most) if since <= now else ():
            self._newest[streamer] = key.at
            self._newest.move_to_end(streamer)
            while len(self._newest) > _WATCHED:
                self._newest.popitem(last=False)
            self._listings.forget(streamer)
            await self._describe(key.path, lambda key=key: self._frames.read(key))  # type: ignore[misc]

    async def _describe(self, name: str, read: Callable[[], Awaitable[bytes]]) -> FrameDescription | None:
        task = self._described.get(name)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = asyncio.create_task(self._look(name, read))
            self._described[name] = task
            while len(self._described) > _KEPT:
                self._described.popitem(last=False)
        self._described.move_to_end(name)
        # A comment whose time is up must not take the frame from the others.
        return await asyncio.shield(task)

    async def _look(self, name: str, read: Callable[[], Awaitable[bytes]]) -> FrameDescription | None:
        try:
            picture = decode_frame(await read(), name)
        except (BadFrame, ForbiddenFrame) as error:
            self._log.warning("a frame was left out", error=str(error))
            return None
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._matcher.describe, picture)
