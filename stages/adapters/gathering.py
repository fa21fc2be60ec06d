"""Texts that are asked about one by one, judged together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stages.adapters.classifier import Classifier, Judgement

MOST_AT_ONCE = 64
MOST_WAITING = 4_096


class Crowded(Exception):
    """So many texts wait already that this one would wait too long."""

    def __init__(self) -> None:
        super().__init__("Too many texts wait to be judged. Please send it again.")


@dataclass(frozen=True, slots=True)
class _Asked:
    text: str
    answer: asyncio.Future[Judgement]


class Gathering:
    """Judges a text at once where nothing else is being judged; what comes meanwhile is judged together after it. So
    nobody waits for a batch to fill, and the busier it is, the larger the batches. `note` hears the size of each."""

    def __init__(self, classifier: Classifier, *, note: Callable[[int], object] = lambda size: None) -> None:
        self._classifier, self._note = classifier, note
        self._waiting: deque[_Asked] = deque()
        self._working: asyncio.Task[None] | None = None

    async def judge(self, text: str) -> Judgement:
        """What the text is about. Raises Crowded where MOST_WAITING wait."""
        if len(self._waiting) >= MOST_WAITING:
            raise Crowded
        asked = _Asked(text, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await asked.answer

    async def _work(self) -> None:
        while batch := self._next():
            self._note(len(batch))
            # The model holds no lock while it computes: the loop goes on taking texts.
            await asyncio.to_thread(self._judge, batch, asyncio.get_running_loop())

    def _next(self) -> list[_Asked]:
        batch: list[_Asked] = []
        while self._waiting and len(batch) < MOST_AT_ONCE:
            asked = self._waiting.popleft()
            if not asked.answer.done():  # who asked may have gone
                batch.append(asked)
        return batch

    def _judge(self, batch: Sequence[_Asked], loop: asyncio.AbstractEventLoop) -> None:
        try:
            judgements = self._classifier.classify([asked.text for asked in batch])
        except Exception as error:
            if len(batch) > 1:  # the others need not suffer for one
                for asked in batch:
                    self._judge([asked], loop)
                return
            loop.call_soon_threadsafe(_fail, batch[0], error)
            return
        loop.call_soon_threadsafe(_answer, batch, judgements)


def _answer(batch: Sequence[_Asked], judgements: Sequence[Judgement]) -> None:
    for asked, judgement in zip(batch, judgements, strict=True):
        if not asked.answer.done():
            asked.answer.set_result(judgement)


def _fail(asked: _Asked, error: Exception) -> None:
    if not asked.answer.done():
        asked.answer.set_exception(error)
