"""One stage's stream of one partition, as its consumer group sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgpack
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script
from pipeline.settlement import Delivery, Postponed, Settlement
from pipeline.stage import Stage


class StageStream:
    """Reads and settles the entries of `stage` in `partition`, as `consumer` of the group named after the stage.

    Every method raises what redis-py raises (see connection.REDIS_AWAY for what passes by itself).
    """

    def __init__(
        self, redis: Redis, reader: Redis, keys: Keys, stage: Stage[Any], partition: int, consumer: str
    ) -> None:
        self._redis, self._reader, self._keys = redis, reader, keys
        self._group, self._consumer = stage.name, consumer
        self._keeps_entries = stage.door is not None
        self.partition = partition
        self.key = keys.stream(stage.stream, partition)
        self._cursor_key = keys.cursor(stage.name, partition)
        self._retry_key = keys.retry(stage.name, partition)
        self._own_keys = [self.key, self._retry_key, keys.attempts(stage.name, partition)]
        self._settle, self._take = Script(redis, "settle"), Script(redis, "take")

    async def ensure_group(self) -> None:
        """Make the group, reading from the stream's beginning, unless it is there: what was appended before the
        group existed is delivered too."""
        try:
            await self._redis.execute_command("XGROUP CREATE", self.key, self._group, "0", "MKSTREAM")
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def read(self, count: int, block_ms: int) -> list[Delivery]:
        """Up to `count` entries that nobody was given before; waits up to `block_ms` for the first."""
        reply = await self._reader.execute_command(
            "XREADGROUP", "GROUP", self._group, self._consumer,
            "COUNT", count, "BLOCK", block_ms, "STREAMS", self.key, ">",
        )  # fmt: skip
        entries = reply[0][1] if reply else []
        return [Delivery(entry_id.decode(), fields) for entry_id, fields in entries]

    async def own_pending(self, after: str, count: int) -> tuple[list[str], list[Delivery], list[str]]:
        """The next `count` entries after id `after` that this consumer was given and has not settled, but those
        that wait for a retry. Returns all ids seen (to go on after), the entries, and ids of lost entries."""
        start = f"({after}" if after else "-"
        rows = await self._redis.execute_command(
            "XPENDING", self.key, self._group, start, "+", count, self._consumer
        )
        ids = [row[0].decode() for row in rows]
        taken, gone = await self._taken("owned", ids)
        return ids, taken, gone

    async def due(self, now_ms: int, count: int) -> tuple[list[Delivery], list[str]]:
        """Up to `count` entries whose retry is due, whoever held them, and ids of lost entries."""
        ids = await self._redis.execute_command(
            "ZRANGEBYSCORE", self._retry_key, "-inf", now_ms, "LIMIT", 0, count
        )
        return await self._taken("due", [entry_id.decode() for entry_id in ids])

    async def orphans(self, idle_ms: int, count: int) -> tuple[list[Delivery], list[str]]:
        """Up to `count` entries that nobody touched for `idle_ms`: their owner is dead or stuck. Goes on where the
        last call, also one of another process, ended. Returns the entries and ids of lost entries."""
        cursor = await self._redis.get(self._cursor_key) or b"0-0"
        onward, ids, trimmed = await self._redis.execute_command(
            "XAUTOCLAIM", self.key, self._group, self._consumer, idle_ms, cursor, "COUNT", count, "JUSTID"
        )
        await self._redis.set(self._cursor_key, onward)
        taken, gone = await self._taken("owned", [entry_id.decode() for entry_id in ids])
        return taken, [*gone, *(entry_id.decode() for entry_id in trimmed)]

    async def settle(self, settlements: Sequence[Settlement]) -> list[str]:
        """Write the settlements in one step. Returns ids that this consumer no longer owned: for those nothing
        was written."""
        destinations: dict[str, int] = {}
        ordered = sorted(settlements, key=lambda settlement: _rank(settlement.entry_id))
        batch = [self._packed(settlement, destinations) for settlement in ordered]
        lost = await self._settle(
            [*self._own_keys, *destinations],
            self._group,
            self._consumer,
            int(self._keeps_entries),
            # Redis' reader knows the older format only, in which bytes and text are one type.
            msgpack.packb(batch, use_bin_type=False),
        )
        return [entry_id.decode() for entry_id in lost]

    def _packed(self, settlement: Settlement, destinations: dict[str, int]) -> list[Any]:
        if isinstance(settlement, Postponed):
            account = f"{settlement.attempts}:{settlement.first_failed_ms}"
            return [settlement.entry_id, False, settlement.due_ms, account]
        appends = []
        for append in settlement.appends:
            key = self._keys.stream(append.stream, append.partition)
            appends.append((destinations.setdefault(key, len(destinations) + 1), append.fields))
        return [settlement.entry_id, appends]

    async def _taken(self, which: str, ids: Sequence[str]) -> tuple[list[Delivery], list[str]]:
        if not ids:
            return [], []
        taken, gone = await self._take(self._own_keys, self._group, self._consumer, which, *ids)
        return [_delivery(*row) for row in taken], [entry_id.decode() for entry_id in gone]


def _delivery(entry_id: bytes, flat: list[bytes], deliveries: int, account: bytes | None) -> Delivery:
    attempts, first_failed_ms = (account or b"0:0").split(b":")
    return Delivery(entry_id.decode(), _paired(flat), int(attempts), int(first_failed_ms), deliveries)


def _paired(flat: Iterable[bytes]) -> dict[bytes, bytes]:
    parts = iter(flat)
    return dict(zip(parts, parts, strict=True))


def _rank(entry_id: str) -> tuple[int, int]:
    milliseconds, number = entry_id.split("-")
    return int(milliseconds), int(number)
