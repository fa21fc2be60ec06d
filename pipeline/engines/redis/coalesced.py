"""Commands that are asked at the same time share a round trip."""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias

from redis.asyncio import ConnectionPool, Redis

from pipeline.engines.redis.kept_connections import KeptConnections, understood

_MOST = 512  # commands in one trip, so that no answer waits for thousands of others
_AT_ONCE = 4  # trips: while the server writes one to its disk, the next ones are on their way


_Asked: TypeAlias = tuple[tuple[Any, ...], asyncio.Future[Any]]


class CoalescedRedis(Redis):
    """A client that keeps a few of its connections. What is asked while a few round trips are under way goes together
    in the next one: many callers cost little more than one, and one alone waits for nobody.

    Trips may overtake each other: whoever wants one command done after another waits for its answer. A trip that fails,
    fails for all its commands. A caller that is cancelled has asked all the same. What blocks holds up its neighbours:
    for that there is KeptRedis.
    """

    def __init__(self, connection_pool: ConnectionPool) -> None:
        super().__init__(connection_pool=connection_pool)
        self._kept = KeptConnections(connection_pool)
        self._asked: list[_Asked] = []
        self._trips: set[asyncio.Task[None]] = set()  # the loop itself holds tasks only weakly
        self._free = _AT_ONCE
        self._is_called = False  # a trip was begun that the loop has not come to

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Ask, and wait for the answer. Raises what redis-py raises."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked.append((args, answer))
        # A trip that was just begun takes along what is asked before the loop comes to it.
        if self._free and not self._is_called:
            self._free -= 1
            self._is_called = True
            trip = asyncio.create_task(self._travel())
            self._trips.add(trip)
            trip.add_done_callback(self._trips.discard)
        return understood(self, args[0], await answer, options)

    async def _travel(self) -> None:
        self._is_called = False
        try:
            while self._asked:
                trip, self._asked = self._asked[:_MOST], self._asked[_MOST:]
                await self._go(trip)
        finally:
            self._free += 1  # in the same step as the look at what is asked: nothing stays behind

    async def _go(self, trip: list[_Asked]) -> None:
        answers: list[Any] = []
        try:
            answers = await self._kept.trip([args for args, _ in trip])
        except BaseException as error:  # the callers are told, whatever it is; no trip may hang
            answers = [error] * len(trip)
            if not isinstance(error, Exception):
                raise
        finally:
            _tell(trip, answers)


def _tell(trip: list[_Asked], answers: list[Any]) -> None:
    for (_, future), answer in zip(trip, answers, strict=True):
        if future.done():  # its caller was cancelled
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)
