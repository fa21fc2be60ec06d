"""How far the stages of a process run ahead of the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from redis.asyncio import Redis

ENOUGH = 512
"""So many unread entries before a stage are enough; a larger batch is not read, nor settled."""
_DOUBT_SECONDS = 0.01


@dataclass(slots=True)
class _Queue:
    """A stream that a stage of this process reads: what was written to it here and not read yet."""

    readers: int = 0
    asking: int = 0  # readers that wait for an answer
    answers: int = 0  # that they were given so far
    unread: int = 0
    waiting: set[Callable[[], None]] = field(default_factory=set)
    is_watched: bool = False

    @contextmanager
    def asked(self) -> Iterator[None]:
        """One of its readers waits for entries meanwhile."""
        self.asking += 1
        try:
            yield
        finally:
            self.asking -= 1
            self.answers += 1

    def wake(self) -> None:
        """Tell those who wait that they may look again."""
        waiting, self.waiting = self.waiting, set()
        for go_on in waiting:
            go_on()


class HeadStart:
    """What the stages of one process have written for each other. They share a processor: what a stage does while its
    successor has plenty to do comes out no sooner, and stands about in Redis meanwhile.

    Streams that nobody here reads are never too full: their readers have a processor of their own. What other processes
    write is not counted, and what they read is found out as soon as a reader here finds less than it asked for, or
    nothing for a while.
    """

    def __init__(self, doubt_seconds: float) -> None:
        """`doubt_seconds`: far longer than a server takes to answer that has entries for whoever asks."""
        self._doubt_seconds = doubt_seconds
        self._queues: dict[str, _Queue] = {}

    @contextmanager
    def reader(self, key: str) -> Iterator[None]:
        """A stage of this process reads `key` meanwhile."""
        queue = self._queues.setdefault(key, _Queue())
        queue.readers += 1
        try:
            yield
        finally:
            queue.readers -= 1
            if not queue.readers:
                del self._queues[key]
                queue.wake()

    def asking(self, key: str) -> AbstractContextManager[None]:
        """Whoever reads `key` here waits for entries meanwhile. Of others who ask nothing is noted."""
        queue = self._queues.get(key)
        return queue.asked() if queue else nullcontext()

    def written(self, key: str, count: int) -> None:
        """So many entries were appended to `key`."""
        if queue := self._queues.get(key):
            queue.unread += count

    def read(self, key: str, count: int, asked: int) -> None:
        """A reader here asked `key` for so many entries, and got `count`."""
        if queue := self._queues.get(key):
            queue.unread = max(0, queue.unread - count) if count == asked else 0
            if queue.waiting and queue.unread < ENOUGH:
                queue.wake()

    def is_enough(self, key: str) -> bool:
        """Whether whoever writes to `key` should wait until its reader has caught up."""
        queue = self._queues.get(key)
        return queue is not None and queue.unread >= ENOUGH

    def once_read(self, key: str, go_on: Callable[[], None]) -> None:
        """Where that is so, call `go_on` once it no longer is."""
        if self.is_enough(key):
            queue = self._queues[key]
            queue.waiting.add(go_on)
            if not queue.is_watched:
                queue.is_watched = True
                self._look_later(queue)

    def _look_later(self, queue: _Queue) -> None:
        asyncio.get_running_loop().call_later(self._doubt_seconds, self._doubt, queue, queue.answers)

    def _doubt(self, queue: _Queue, answers: int) -> None:
        # While somebody waits: where a reader is still asking, others have read what was written here.
        if queue.asking and queue.answers == answers:
            queue.unread = 0
            queue.wake()
        queue.is_watched = bool(queue.waiting)
        if queue.is_watched:
            self._look_later(queue)


_OF_CLIENTS: WeakKeyDictionary[Redis, HeadStart] = WeakKeyDictionary()


def head_start_of(redis: Redis) -> HeadStart:
    """That of the stages which share this client."""
    return _OF_CLIENTS.setdefault(redis, HeadStart(_DOUBT_SECONDS))
