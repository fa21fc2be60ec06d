"""A run of the stages on keys of its own, beside the live one, and nothing left of it afterwards."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from pipeline.cancellation import cancel
from pipeline.engines.redis.backlog import Backlog
from pipeline.engines.redis.cluster import primaries_of
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.keys import Keys
from pipeline.envelope import Envelope
from pipeline.replay import IN_FLIGHT, PastEntry
from pipeline.settlement import DEAD, EVENTS

_ALIVE_SECONDS, _RENEW_SECONDS = 120, 20
_PAGE = 500
_GLOB = re.compile(r"([*?\[\]\\])")


class IsolatedRun:
    """A run with the keys below `keys`. `door` names the group that reads its public stream, `stages` the streams
    behind it, in their order. Every method raises what redis-py raises."""

    def __init__(
        self, redis: Redis, keys: Keys, *, partitions: int, door: str, stages: Sequence[str]
    ) -> None:
        self._redis, self._keys, self._partitions = redis, keys, partitions
        self._door, self._stages = door, stages
        self._unread = Backlog(redis, keys.comments, door)
        self.begun = asyncio.Event()
        """Set once anything is fed: before that nobody need read."""

    async def feed(self, entries: Sequence[PastEntry]) -> None:
        """Append to the run's public stream under the entries' own ids, which must rise from call to call."""
        self.begun.set()
        await self._forget_finished()
        async with self._redis.pipeline(transaction=False) as calls:
            for entry in entries:
                parts = [part for pair in entry.fields.items() for part in pair]
                calls.execute_command("XADD", self._keys.comments, entry.seq, *parts)
            await calls.execute()

    async def feed_stage(self, stage: str, partition: int, envelope: Envelope) -> None:
        """Append to a stage's stream."""
        self.begun.set()
        await self._redis.execute_command(
            "XADD", self._keys.stream(stage, partition), "*", *envelope.fields()
        )

    async def unfinished(self) -> int:
        """Entries that the run has not brought to an end, those that wait for a retry among them. Where it is 0 (and
        nothing is fed meanwhile) the run is through: nothing moves backwards, and the streams are looked at forwards.
        """
        # Unread first: what is given out in between is counted twice, never missed.
        at_the_door = await self._unread.unread(IN_FLIGHT)
        at_the_door += (await self._pending())[0]
        async with self._redis.pipeline(transaction=False) as calls:
            for name in (*self._stages, EVENTS):
                for partition in range(self._partitions):
                    calls.execute_command("XLEN", self._keys.stream(name, partition))
            lengths: list[int] = await calls.execute()
        return at_the_door + sum(lengths)

    async def _pending(self) -> tuple[int, bytes | None]:
        """How many entries the door has in hand, and the oldest one's id."""
        try:
            count, oldest, _, _ = await self._redis.execute_command(
                "XPENDING", self._keys.comments, self._door
            )
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            return 0, None  # nobody has read yet
        return int(count), oldest

    async def _forget_finished(self) -> None:
        """Let go of entries that the door is through with: history itself keeps them."""
        if not await self._redis.exists(self._keys.comments):
            return
        for group in await self._redis.xinfo_groups(self._keys.comments):
            _, oldest = await self._pending()
            first = oldest or group["last-delivered-id"]
            await self._redis.execute_command("XTRIM", self._keys.comments, "MINID", "~", first)


def run_keys(live: Keys, run_id: str) -> Keys:
    """The keys of a run beside the live one."""
    return Keys(f"{live.prefix}replay:{run_id}:")


class RunRegister:
    """The isolated runs beside the live run with the keys `live`: what each has in Redis goes when it ends, or where
    it was killed, before the next one begins. Every method raises what redis-py raises."""

    def __init__(self, redis: Redis, live: Keys) -> None:
        self._redis, self._live = redis, live
        self.saved_letters = 0
        """Dead letters of the run entered last that were moved to the live run's."""

    @asynccontextmanager
    async def entered(self, run_id: str) -> AsyncIterator[None]:
        """Enter a run while the block lasts, clear away those that were killed before, and this one afterwards, however
        the block ends. Whoever works on the run's streams must have ended before the block does."""
        await self.clear_killed()
        self.saved_letters = 0
        await self.claim(run_id)
        renewing = asyncio.create_task(self._renew(run_id))
        try:
            yield
        finally:
            await cancel([renewing])
            await self.clear(run_id)

    async def claim(self, run_id: str) -> None:
        """Enter the run, or say that it still is alive."""
        await self._redis.execute_command("SADD", self._runs, run_id)
        await self._redis.execute_command("SET", self._alive(run_id), "1", "EX", _ALIVE_SECONDS)

    async def clear_killed(self) -> None:
        """Clear away what runs left behind that have not said for two minutes that they are alive."""
        entered: list[bytes] = await self._redis.execute_command("SMEMBERS", self._runs)
        for run_id in (each.decode() for each in entered):
            if not await self._redis.exists(self._alive(run_id)):
                await self.clear(run_id)

    async def clear(self, run_id: str) -> None:
        """Move the run's dead letters to the live ones, delete its keys, and strike it off. Can be repeated where it
        broke off."""
        prefix = run_keys(self._live, run_id).prefix
        for key in await self._found(f"{prefix}{DEAD}:"):
            await self._save_letters(key, f"{self._live.prefix}{key.removeprefix(prefix)}")
        for key in await self._found(prefix):
            await self._redis.execute_command("UNLINK", key)
        await self._redis.execute_command("SREM", self._runs, run_id)

    @property
    def _runs(self) -> str:
        return f"{self._live.prefix}replays"

    def _alive(self, run_id: str) -> str:
        return f"{run_keys(self._live, run_id).prefix}alive"

    async def _renew(self, run_id: str) -> None:
        log = structlog.get_logger(run=run_id)
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            try:
                await self.claim(run_id)
            except REDIS_AWAY as error:
                log.warning("Redis is away; the replay could not say that it is alive", error=str(error))

    async def _found(self, prefix: str) -> list[str]:
        pattern = _GLOB.sub(r"\\\1", prefix) + "*"
        return [
            key.decode()
            for server in (await primaries_of(self._redis)).values()
            async for key in server.scan_iter(match=pattern, count=_PAGE)
        ]

    async def _save_letters(self, source: str, target: str) -> None:
        while rows := await self._redis.execute_command("XRANGE", source, "-", "+", "COUNT", _PAGE):
            # In one step, so that no letter is lost or doubled; both streams lie in one slot.
            async with self._redis.pipeline(transaction=True) as calls:
                for entry_id, fields in rows:
                    parts = [part for pair in fields.items() for part in pair]
                    calls.execute_command("XADD", target, "*", *parts)
                    calls.execute_command("XDEL", source, entry_id)
                await calls.execute()
            self.saved_letters += len(rows)
