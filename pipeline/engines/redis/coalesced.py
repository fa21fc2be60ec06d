"""Commands that are asked at the same time share a round trip."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import Redis

from pipeline.engines.redis.cluster import ClusterRedis
from pipeline.engines.redis.kept_connections import KeptConnections

_MOST = 512  # commands in one trip, so that no answer waits for thousands of others
_AT_ONCE = 4  # trips: while the server writes one to its disk, the next ones are on their way


class CoalescedRedis(Redis):
    """A client on the pool of another one, which goes on belonging to that; it keeps a few of its connections (of a
    cluster none). What is asked while a few round trips are under way goes together in the next one: many callers cost
    little more than one, and one alone waits for nobody.

    Trips may overtake each other: whoever wants one command done after another waits for its answer. A trip that fails,
    fails for all its commands. A caller that is cancelled has asked all the same.
    """

    def __init__(self, redis: Redis) -> None:
        super().__init__(connection_pool=redis.connection_pool)
        self.response_callbacks = redis.response_callbacks
        self._redis = redis
        self._kept = None if isinstance(redis, ClusterRedis) else KeptConnections(redis.connection_pool)
        self._asked: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._trips: set[asyncio.Task[None]] = set()  # the loop itself holds tasks only weakly
        self._free = _AT_ONCE
        self._is_called = False  # a trip was begun that the loop has not come to

    async def execute_command(self, *args: Any, **_: Any) -> Any:
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
        return await answer

    async def _travel(self) -> None:
        self._is_called = False
        try:
            while self._asked:
                trip, self._asked = self._asked[:_MOST], self._asked[_MOST:]
                await self._go(trip)
        finally:
            self._free += 1  # in the same step as the look at what is asked: nothing stays behind

    async def _go(self, trip: list[tuple[tuple[Any, ...], asyncio.Future[Any]]]) -> None:
        try:
            answers = await self._answers([args for args, _ in trip])
        except BaseException as error:  # the callers are told, whatever it is; no trip may hang
            answers = [error] * len(trip)
            if not isinstance(error, Exception):
                raise
        finally:
            _tell(trip, answers)

    async def _answers(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        if self._kept is None:
            pipeline = self._redis.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
            return answers
        came = await self._kept.trip(commands)
        return [self._read(command, answer) for command, answer in zip(commands, came, strict=True)]

    def _read(self, command: tuple[Any, ...], answer: Any) -> Any:
        understand = self.response_callbacks.get(command[0])
        return answer if understand is None or isinstance(answer, Exception) else understand(answer)


def sharing_trips(redis: Redis) -> Redis:
    """A client for callers who come one by one, on the pool of `redis`. A cluster's goes without: who asks it looks at
    what it is, and its nodes share nothing."""
    return redis if isinstance(redis, ClusterRedis) else CoalescedRedis(redis)


def _tell(trip: list[tuple[tuple[Any, ...], asyncio.Future[Any]]], answers: list[Any]) -> None:
    for (_, future), answer in zip(trip, answers, strict=True):
        if future.done():  # its caller was cancelled
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)
