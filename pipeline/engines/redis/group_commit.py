"""What is to be written at the same time is written, and put on the disk, at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

MOST = 128
"""Items in one commit, as long as no caller brings more: the server serves nobody else meanwhile."""
A = TypeVar("A")
R = TypeVar("R")


_Call: TypeAlias = tuple[Sequence[A], asyncio.Future[list[R]]]


class GroupCommit(Generic[A, R]):
    """Puts calls of the same name together into one `commit`, which answers each item in its order: what comes in the
    same turn of the loop, or while a commit of that name is under way, goes in the next one. Nobody waits for a group
    to fill.

    Where a commit fails, all calls in it fail, and no others. A caller that is cancelled has asked all the same.
    """

    def __init__(self, commit: Callable[[str, Sequence[A]], Awaitable[list[R]]]) -> None:
        self._commit = commit
        self._lines: dict[str, deque[_Call[A, R]]] = {}
        self._working: set[asyncio.Task[None]] = set()  # the loop itself holds tasks only weakly

    async def __call__(self, name: str, items: Sequence[A]) -> list[R]:
        """The items' answers. Raises what `commit` raises."""
        answers: asyncio.Future[list[R]] = asyncio.get_running_loop().create_future()
        line = self._lines.get(name)
        if line is None:
            line = self._lines[name] = deque()
            working = asyncio.create_task(self._work(name, line))
            self._working.add(working)
            working.add_done_callback(self._working.discard)
        line.append((items, answers))
        return await answers

    async def _work(self, name: str, line: deque[_Call[A, R]]) -> None:
        try:
            while line:
                await self._answer(name, _group(line))
        finally:
            del self._lines[name]  # in the same step as the look at who waits: nobody stays behind
            for _, answers in line:  # but where this work was cancelled
                answers.cancel()

    async def _answer(self, name: str, group: Sequence[_Call[A, R]]) -> None:
        items = group[0][0] if len(group) == 1 else [item for items, _ in group for item in items]
        try:
            answers = await self._commit(name, items)
        except BaseException as error:  # the callers are told, whatever it is: none may hang
            for _, told in group:
                if not told.done():
                    told.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        start = 0
        for asked, told in group:
            end = start + len(asked)
            if not told.done():  # who asked may have gone
                told.set_result(answers[start:end])
            start = end


def _group(line: deque[_Call[A, R]]) -> list[_Call[A, R]]:
    """The next calls, in their order."""
    group = [line.popleft()]
    size = len(group[0][0])
    while line and (size := size + len(line[0][0])) <= MOST:
        group.append(line.popleft())
    return group
