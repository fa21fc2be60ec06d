"""How far the stages of a process run ahead of the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from redis.asyncio import Redis

ENOUGH = 512
"""So many unread entries before a stage are enough; a larger batch is not read, nor settled."""


@dataclass(slots=True)
class _Queue:
    """A stream that a stage of this process reads: what was written to it here and not read yet."""

    readers: int = 0
    unread: int = 0
    waiting: set[Callable[[], None]] = field(default_factory=set)

    def wake(self) -> None:
        """Tell those who wait that they may look again."""
        waiting, self.waiting = self.waiting, set()
        for go_on in waiting:
            go_on()


class HeadStart:
    """What the stages of one process have written for each other. They share a processor: what a stage does while its
    successor has plenty to do comes out no sooner, and stands about in Redis meanwhile.

    Streams that nobody here reads are never too full: their readers have a processor of their own. What other processes
    write is not counted, and what they read is found out as soon as a reader here finds less than it asked for.
    """

    def __init__(self) -> None:
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
            self._queues[key].waiting.add(go_on)


_OF_CLIENTS: WeakKeyDictionary[Redis, HeadStart] = WeakKeyDictionary()


def head_start_of(redis: Redis) -> HeadStart:
    """That of the stages which share this client."""
    return _OF_CLIENTS.setdefault(redis, HeadStart())
