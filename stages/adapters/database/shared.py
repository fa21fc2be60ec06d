"""One statement for all who want the same of the database at the same time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from stages.adapters.database.unavailable import DatabaseUnavailable

_MOST = 64  # calls in one statement

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Asked(Generic[A, R]):
    asked: A
    answer: asyncio.Future[R]


class Shared(Generic[A, R]):
    """Turns `many`, which answers a list in order, into a function of one: while one statement is under way, the next
    batch grows. So nobody waits for a batch to fill, and the busier it is, the fewer statements there are for each.

    Where a batch fails, each of it is tried alone, so that only the bad one fails; where the database is away, all
    learn so. Whoever is cancelled before their batch begins is left out; what has begun is finished.
    """

    def __init__(self, many: Callable[[Sequence[A]], Awaitable[Sequence[R]]]) -> None:
        self._many = many
        self._waiting: deque[_Asked[A, R]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, asked: A) -> R:
        """The answer for one. Raises what `many` raises."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Asked(asked, answer))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        while batch := self._next():
            await self._answer(batch)

    def _next(self) -> list[_Asked[A, R]]:
        batch: list[_Asked[A, R]] = []
        while self._waiting and len(batch) < _MOST:
            each = self._waiting.popleft()
            if not each.answer.done():  # who asked may have gone
                batch.append(each)
        return batch

    async def _answer(self, batch: Sequence[_Asked[A, R]]) -> None:
        try:
            answers = await self._many([each.asked for each in batch])
        except BaseException as error:
            if len(batch) > 1 and isinstance(error, Exception) and not isinstance(error, DatabaseUnavailable):
                for each in batch:
                    await self._answer([each])
                return
            for each in batch:
                if not each.answer.done():
                    each.answer.set_exception(_told(error))
            if not isinstance(error, Exception):
                raise
            return
        for each, answer in zip(batch, answers, strict=True):
            if not each.answer.done():
                each.answer.set_result(answer)


def _told(error: BaseException) -> BaseException:
    """A cancellation of the loop's end is no cancellation of those who wait."""
    if isinstance(error, asyncio.CancelledError):
        return DatabaseUnavailable("The statement was given up while the process ended.")
    return error
