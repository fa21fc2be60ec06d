"""The run in memory, as the contract suite drives it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pipeline.cancellation import cancel
from pipeline.dead_letter import DeadLetter
from pipeline.envelope import Envelope
from pipeline.events import EndState
from pipeline.ports import Watermark
from pipeline.relay import AppendOnce
from pipeline.settlement import EVENTS
from pipeline.stage import PUBLIC_STREAM, Stage
from pipeline.testing import MemoryRun
from schemas.codec import decode


class MemoryRig:
    """Works only within `until`, and lets time pass only where nothing else is left to do."""

    def __init__(self) -> None:
        self._run = MemoryRun()
        self._work: asyncio.Task[None] | None = None

    async def append(self, stream: str, *fields: str | bytes) -> str:
        names = [name if isinstance(name, str) else name.decode() for name in fields[::2]]
        return self._run.append(stream, dict(zip(names, fields[1::2], strict=True)))

    async def comment(self, **fields: str) -> str:
        return self._run.append(PUBLIC_STREAM, fields)

    async def append_once(self, stage: str, record_id: str, envelope: Envelope) -> None:
        append: AppendOnce = self._run.append_once
        await append(stage, 0, record_id, envelope)

    def start(self, *stages: Stage[Any]) -> None:
        self._run.start(*stages)

    async def drain(self) -> None:
        self._run.stop()
        await self._finish()

    async def kill(self) -> None:
        if self._work:
            await cancel([self._work])
            self._work = None

    async def until(self, reached: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(20):
            while not await reached():
                if self._work is None or self._work.done():
                    await self._finish()
                    self._work = asyncio.create_task(self._step())
                await asyncio.sleep(0)

    async def fields(self, stream: str) -> list[dict[bytes, bytes]]:
        return self._run.fields(stream)

    async def ends(self) -> list[EndState]:
        return [decode(EndState, fields[b"d"]) for fields in self._run.fields(EVENTS)]

    async def letters(self) -> list[DeadLetter]:
        return self._run.dead

    async def redrive(self, letter: DeadLetter) -> None:
        self._run.redrive(letter)

    async def waiting(self, stage: str) -> int:
        return sum(waiting.stage == stage for waiting in self._run.waiting)

    async def earlier(self, seq: str) -> int:
        watermark: Watermark = self._run
        return await watermark.earlier("", seq)

    async def leave(self, *seqs: str) -> None:
        watermark: Watermark = self._run
        await watermark.leave("", seqs)

    async def _finish(self) -> None:
        if self._work:
            await self._work

    async def _step(self) -> None:
        if not await self._run.settle():
            self._run.jump()
