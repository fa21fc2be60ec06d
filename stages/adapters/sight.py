"""What was on screen when a comment was written, as descriptions that can be matched."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from stages.adapters.frames import BadFrame, ForbiddenFrame, FrameStore, decode_frame
from stages.adapters.matcher import FrameDescription, Matcher

_KEPT = 2_000  # descriptions; about 25 KB each


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

    def __init__(self, frames: FrameStore, matcher: Matcher, *, window_seconds: float, limit: int) -> None:
        self._frames, self._matcher = frames, matcher
        self._window, self._limit = timedelta(seconds=window_seconds), limit
        self._described: OrderedDict[str, asyncio.Task[FrameDescription | None]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()  # the models use as many threads as they may by themselves
        self._log = structlog.get_logger()

    async def of(self, scene: Scene, view_delay_seconds: float) -> list[Seen]:
        """The frames that the scene names, or those of the window that ended when its writer saw them: the viewers
        see the stream later than the camera. Frames that can't be read are left out.

        Raises UnreachableFrames where the store does not answer.
        """
        reads: dict[str, Callable[[], Awaitable[bytes]]] = {}
        for url in scene.frame_urls[: self._limit]:
            reads[url] = lambda url=url: self._frames.read_url(url)  # type: ignore[misc]
        if not reads:
            end = scene.timestamp - timedelta(seconds=view_delay_seconds)
            for key in await self._frames.window(scene.streamer, end - self._window, end, self._limit):
                reads[key.path] = lambda key=key: self._frames.read(key)  # type: ignore[misc]
        described = [(name, await self._describe(name, read)) for name, read in reads.items()]
        return [Seen(name, description) for name, description in described if description]

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
