"""Plays a show's lines at their times: comments through the front door, the rest straight into the stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from pipeline.backoff import delay_seconds
from pipeline.ports import PublicDoor
from stages.demo.show import Line, PlainComment, Poison, Show, ShowComment

_ATTEMPTS = 20


class NotTaken(Exception):
    """The gateway did not take a comment, however often it was sent."""


class Player:
    """Sends a show to a gateway and a stream. `speed` 2 plays twice as fast; the comments' own times stay."""

    def __init__(
        self,
        show: Show,
        start: datetime,
        http: httpx.AsyncClient,
        appender: PublicDoor,
        *,
        speed: float,
        random: Callable[[], float],
    ) -> None:
        self._show, self._start, self._http, self._appender = show, start, http, appender
        self._speed, self._random = speed, random

    async def play(self) -> int:
        """Send every line when its time has come. Returns how many were taken. Raises NotTaken."""
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.TaskGroup() as group:
                for line in self._show.lines:
                    wait = began + line.at / self._speed - asyncio.get_running_loop().time()
                    if wait > 0:
                        await asyncio.sleep(wait)
                    group.create_task(self._send(line))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        return len(self._show.lines)

    async def _send(self, line: Line) -> None:
        match line:
            case ShowComment():
                await self._post(line)
            case PlainComment(xadd_comment=fields):
                given = fields.model_dump(exclude={"timestamp_at"})
                await self._appender.comment({**given, "timestamp": self._moment(fields.timestamp_at)})
            case Poison(xadd=raw):
                await self._appender.comment(raw)

    async def _post(self, comment: ShowComment) -> None:
        body = {
            **comment.model_dump(
                include={"platform", "streamer", "client", "client_id", "message", "message_id"}
            ),
            "timestamp": self._moment(comment.at),
        }
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = await self._http.post("/comments", json=body)
            except httpx.TransportError:
                taken = False  # unknown, rather: the message_id makes a second time harmless
            else:
                taken = answer.status_code != 503 and bool(answer.raise_for_status())
            if taken:
                return
            await asyncio.sleep(delay_seconds(attempt, base_seconds=0.2, cap_seconds=5, random=self._random))
        raise NotTaken(f"The gateway did not take the comment {comment.message_id} in {_ATTEMPTS} attempts.")

    def _moment(self, at: float) -> str:
        return (self._start + timedelta(seconds=at)).isoformat()
