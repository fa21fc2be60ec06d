"""What is to be written at the same time is written, and put on the disk, at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

MOST = 128
"""Items in one commit, as long as no caller brings more: the server serves nobody else meanwhile."""
_AT_ONCE = 2  # while the server writes one to its disk, the next one is on its way

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Call(Generic[A, R]):
    items: Sequence[A]
    answers: asyncio.Future[list[R]]


@dataclass(slots=True)
class _Line(Generic[A, R]):
    """Those who wait under one name."""

    calls: deque[_Call[A, R]] = field(default_factory=deque)
    under_way: int = 0
    is_called: bool = False  # a commit was begun that the loop has not come to

    def group(self) -> list[_Call[A, R]]:
        """The next calls, in their order."""
        group = [self.calls.popleft()]
        size = len(group[0].items)
        while self.calls and (size := size + len(self.calls[0].items)) <= MOST:
            group.append(self.calls.popleft())
        return group


class GroupCommit(Generic[A, R]):
    """Puts calls of the same name together into one `commit`, which answers each item in its order: what comes in the
    same turn of the loop, or while a few commits are under way, goes in the next one. Nobody waits for a group to fill.

    Commits may overtake each other: whoever wants one item after another waits for its answer. Where a commit fails,
    all calls in it fail, and no others. A caller that is cancelled has asked all the same.
    """

    def __init__(self, commit: Callable[[str, Sequence[A]], Awaitable[list[R]]]) -> None:
        self._commit = commit
        self._lines: dict[str, _Line[A, R]] = {}
        self._working: set[asyncio.Task[None]] = set()  # the loop itself holds tasks only weakly

    async def __call__(self, name: str, items: Sequence[A]) -> list[R]:
        """The items' answers. Raises what `commit` raises."""
        line = self._lines.get(name)
        if line is None:
            line = self._lines[name] = _Line()
        answers: asyncio.Future[list[R]] = asyncio.get_running_loop().create_future()
        line.calls.append(_Call(items, answers))
        if line.under_way < _AT_ONCE and not line.is_called:
            line.under_way += 1
            line.is_called = True
            working = asyncio.create_task(self._work(name, line))
            self._working.add(working)
            working.add_done_callback(self._working.discard)
        return await answers

    async def _work(self, name: str, line: _Line[A, R]) -> None:
        line.is_called = False
        try:
            while line.calls:
                await self._answer(name, line.group())
        finally:
            line.under_way -= 1  # in the same step as the look at who waits: nobody stays behind
            if not line.under_way and not line.calls:
                del self._lines[name]

    async def _answer(self, name: str, group: Sequence[_Call[A, R]]) -> None:
        items = group[0].items if len(group) == 1 else [item for call in group for item in call.items]
        try:
            answers = await self._commit(name, items)
        except BaseException as error:  # the callers are told, whatever it is: none may hang
            for call in group:
                if not call.answers.done():
                    call.answers.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        start = 0
        for call in group:
            end = start + len(call.items)
            if not call.answers.done():  # who asked may have gone
                call.answers.set_result(answers[start:end])
            start = end
