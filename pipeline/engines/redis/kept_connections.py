"""Connections that one caller keeps, since it sends much."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redis import exceptions
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection

TRIP_SECONDS = 5.0
_RESTED_SECONDS = 1.0  # the server may have hung up meanwhile; one that was just used is as good as it was


@dataclass(slots=True)
class _Kept:
    connection: AbstractConnection
    used_at: float


class KeptConnections:
    """As many connections of a pool as there are trips at once, taken from it for good: they are closed with it. By the
    pool a trip costs twice the processor time, for its lock and three time limits; here it has one, of TRIP_SECONDS.
    What broke off, or rested, is looked at and connected again before the next trip. `clock` gives seconds."""

    def __init__(self, pool: ConnectionPool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool, self._clock = pool, clock
        self._idle: list[_Kept] = []  # the one that was used last goes first: few are used at all

    async def trip(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The answers, as they came, in the order of the commands; an error that the server answered stands in its
        place. Raises what else redis-py raises: then nobody knows what was carried out."""
        kept = self._idle.pop() if self._idle else await self._taken()
        try:
            return await self._go(kept, commands)
        finally:
            kept.used_at = self._clock()
            self._idle.append(kept)

    async def _taken(self) -> _Kept:
        connection: AbstractConnection = await self._pool.get_connection()
        connection.socket_timeout = None  # of each write and each read, by a task of its own
        return _Kept(connection, self._clock())

    async def _go(self, kept: _Kept, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        connection = kept.connection
        try:
            async with asyncio.timeout(TRIP_SECONDS):  # whatever ends a read early closes the connection
                if not connection.is_connected or self._clock() - kept.used_at > _RESTED_SECONDS:
                    await self._pool.ensure_connection(connection)
                await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
                return [await _answer(connection) for _ in commands]
        except TimeoutError as error:
            raise exceptions.TimeoutError(f"Redis has not answered within {TRIP_SECONDS:g} s.") from error


class KeptRedis(Redis):
    """A client that keeps its connections; each command is a trip of its own. A caller who is cancelled closes the
    connection: the server gives nothing to a reader who has gone."""

    def __init__(self, connection_pool: ConnectionPool) -> None:
        super().__init__(connection_pool=connection_pool)
        self._kept = KeptConnections(connection_pool)

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Ask, and wait for the answer. Raises what redis-py raises."""
        [answer] = await self._kept.trip([args])
        if isinstance(answer, Exception):
            raise answer
        return understood(self, args[0], answer, options)


def understood(redis: Redis, command: str, answer: Any, options: dict[str, Any]) -> Any:
    """What the client's methods make of a command's answer."""
    options.pop("keys", None)  # they are for redis-py's cache
    understand = redis.response_callbacks.get(command)
    return understand(answer, **options) if understand else answer


async def _answer(connection: AbstractConnection) -> Any:
    try:
        return await connection.read_response()
    except exceptions.ResponseError as error:
        return error
