"""One stage's stream of one partition, as its consumer group sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgpack
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from pipeline.engines.redis.forwarding import Forwarding, Places
from pipeline.engines.redis.handed_on import HandedOn
from pipeline.engines.redis.head_start import head_start_of
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.packing import POSTPONED, Columns, Row, Rows, in_order, paired, rank, unpacked
from pipeline.engines.redis.reach import share_a_slot, tombstones_for
from pipeline.engines.redis.scripts import Script
from pipeline.settings import RuntimeSettings
from pipeline.settlement import Delivery, Settlement
from pipeline.stage import Stage
from pipeline.tombstone import tombstone_fields

_HANDED_ON = HandedOn()  # of the process, whose stages hand on to each other
_NAME_SECONDS = 7 * 24 * 3600  # how long a consumer's name keeps its fence after its process has ended


class Fenced(Exception):
    """Another process has taken this one's place; nothing was written. `holder` names it: consumer/token."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} has taken this process' place.")
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Opening:
    """`made`: the group was not there and was made. `holder` is the process that holds the exclusive stage, so that
    this one must stand by; '' where it is this one's turn."""

    made: bool
    holder: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Entries that came back; `gone` are ids of those that somebody had removed from the stream (each has a tombstone
    now); `where` is where the search goes on, '' at its end."""

    deliveries: list[Delivery]
    gone: list[str]
    where: str


@dataclass(frozen=True, slots=True)
class Renewed:
    """What of one's own entries is no longer: `lost` to another consumer, `gone` from the stream."""

    lost: list[str]
    gone: list[str]


@dataclass(frozen=True, slots=True)
class Settling:
    """What was not written as wanted: `lost` are another consumer's, and nothing was written; `gone` were to wait for
    a retry, but somebody had removed them from the stream (each has a tombstone now)."""

    lost: list[str]
    gone: list[str]


class StageStream:
    """Reads and settles the entries of `stage` in `partition`, as one process under a consumer's name.

    Every method raises what redis-py raises (see connection.REDIS_AWAY for what passes by itself); all but `open` and
    `read` raise Fenced.
    """

    def __init__(
        self, redis: Redis, reader: Redis, stage: Stage[Any], partition: int, settings: RuntimeSettings
    ) -> None:
        keys = Keys(settings.key_prefix)
        self._redis, self._reader, self._keys, self._settings = redis, reader, keys, settings
        self._group, self._consumer = stage.name, settings.consumer_name
        self._token = f"{settings.consumer_name}/{uuid4().hex}"
        self._keeps_entries = stage.door is not None
        # The public stream's entries are a pusher's, whatever their fields are called.
        self._read_content = paired if stage.door else unpacked
        self._exclusive = stage.exclusive
        self.stage, self.partition = stage.name, partition
        self.key = keys.stream(stage.stream, partition)
        place = None if stage.door else partition
        self._fence_key = keys.fence(stage.name, place, "" if stage.exclusive else self._consumer)
        self._checkpoint_key = keys.checkpoint(stage.name, place)
        self._own_keys = [
            self.key,
            keys.retry(stage.name, place),
            keys.attempts(stage.name, place),
            self._fence_key,
        ]
        self._dead_key = tombstones_for(redis, keys, self.key, partition)
        self._take_keys = [*self._own_keys, keys.cursor(stage.name, place), self._dead_key]
        self._renew_keys = [self.key, self._own_keys[2], self._fence_key, self._dead_key]
        fields = tombstone_fields(stage.name, stage.stream, partition)
        self._tombstone = msgpack.packb(fields, use_bin_type=False)
        self._scripts = {
            name: Script(redis, name)
            for name in (
                "open",
                "take",
                "begin",
                "settle",
                "renew",
                "unfence",
                "forget_consumers",
                "still_owned",
            )
        }
        self._onward: dict[str, int] = {}
        self._forwarding = Forwarding(redis)
        self._head_start = head_start_of(redis)

    @property
    def lease_seconds(self) -> float:
        """How long an entry may go without being renewed."""
        return self._settings.lease_seconds

    @property
    def is_pressed(self) -> bool:
        """Whether a stream that this stage writes to was over the high-water mark when we last looked."""
        return any(length >= self._settings.high_water for length in self._onward.values())

    @property
    def is_ahead(self) -> bool:
        """Whether a stage of this process that reads what this one writes has enough to do."""
        return any(map(self._head_start.is_enough, self._onward))

    def once_read(self, go_on: Callable[[], None]) -> None:
        """While it is ahead: call `go_on` once that stage has read on."""
        for key in self._onward:
            self._head_start.once_read(key, go_on)

    def reading(self) -> AbstractContextManager[None]:
        """Meanwhile this process reads the stream, so that its stages wait for this one."""
        return self._head_start.reader(self.key)

    async def look_onward(self) -> bool:
        """Look again at the streams this stage writes to; returns `is_pressed`."""
        for key in list(self._onward):
            self._onward[key] = int(await self._redis.execute_command("XLEN", key))
        return self.is_pressed

    async def open(self) -> Opening:
        """Make the group unless it is there, and take the fence unless another consumer holds it."""
        made, holder = await self._scripts["open"](
            [self.key, self._fence_key, self._checkpoint_key],
            self._group,
            self._consumer,
            self._token,
            self._fence_ms,
        )
        return Opening(bool(made), holder.decode())

    async def close(self) -> None:
        """Give the fence back, if it still is ours."""
        await self._scripts["unfence"]([self._fence_key], self._token)

    async def read(self, count: int, block_ms: int) -> list[Delivery]:
        """Up to `count` entries that nobody was given before; waits up to `block_ms` for the first."""
        with self._head_start.asking(self.key):
            reply = await self._reader.execute_command(
                "XREADGROUP", "GROUP", self._group, self._consumer,
                "COUNT", count, "BLOCK", block_ms, "STREAMS", self.key, ">",
            )  # fmt: skip
        entries = reply[0][1] if reply else []
        self._head_start.read(self.key, len(entries), count)
        if self._keeps_entries:
            return [Delivery(entry_id.decode(), paired(flat)) for entry_id, flat in entries]
        # By the only value that a packed entry has.
        known = _HANDED_ON.take([flat[1] for _, flat in entries])
        return [
            Delivery(entry_id.decode(), envelope or unpacked(flat))
            for (entry_id, flat), envelope in zip(entries, known, strict=True)
        ]

    async def own_pending(self, after: str, count: int, in_hand: Iterable[str]) -> Taken:
        """The next of at most `count` entries after id `after` that this consumer was given and has not settled, but
        those that wait for a retry or are in hand."""
        return await self._taken("owned", count, f"({after}" if after else "-", in_hand)

    async def due(self, now_ms: int, count: int, in_hand: Iterable[str] = ()) -> Taken:
        """Up to `count` entries whose retry is due, whoever held them, but those in hand."""
        return await self._taken("due", count, now_ms, in_hand)

    async def orphans(self, count: int) -> Taken:
        """The next of at most `count` entries that nobody renewed for a lease: their owner is dead or stuck. Goes on
        where the last call, also one of another process, ended."""
        return await self._taken("orphan", count, int(self.lease_seconds * 1000))

    async def renew(self, entry_ids: Iterable[str]) -> Renewed:
        """Renew the lease of these entries, as far as they still are this consumer's, and of the fence."""
        lost, gone = await self._fenced(
            "renew",
            self._renew_keys,
            self._group,
            self._consumer,
            self._token,
            self._fence_ms,
            self._tombstone,
            *sorted(entry_ids, key=rank),
        )
        return Renewed(_texts(lost), _texts(gone))

    async def settle(self, settlements: Sequence[Settlement]) -> Settling:
        """Write the settlements in one step; on a cluster, what goes to streams in other slots is written before."""
        rows = Rows(self._keys, _HANDED_ON)
        columns, places = rows.of(in_order(settlements)), rows.places
        for key, place in places.streams.items():  # before they can be read
            self._head_start.written(key, rows.counts[place])
        if not share_a_slot(self._redis, self.key, *places.streams, *places.sets):
            return await self._settle_across(list(zip(*columns, strict=True)), places)
        return await self._written(columns, places)

    async def _written(self, columns: Columns, places: Places) -> Settling:
        lost, lengths, gone = await self._fenced(
            "settle",
            [*self._own_keys, self._dead_key, *places.streams, *places.sets],
            self._group,
            self._consumer,
            self._token,
            int(self._keeps_entries),
            self._tombstone,
            len(places.streams),
            # Redis' reader knows the older format only, in which bytes and text are one type.
            msgpack.packb(columns, use_bin_type=False),
        )
        for key, length in zip(places.streams, lengths, strict=True):
            if key in places.onward:
                self._onward[key] = length
        return Settling(_texts(lost), _texts(gone))

    async def _settle_across(self, batch: Sequence[Row], places: Places) -> Settling:
        """Whoever breaks off in between has written what the next owner writes again: who reads it knows it by its
        id."""
        keys, ids = [self.key, self._fence_key], [row[0] for row in batch]
        lost = _texts(await self._fenced("still_owned", keys, self._group, self._consumer, self._token, *ids))
        # An entry may have come back while its first outcome waited: the first one counts.
        first = {row[0]: row for row in reversed(batch)}
        owned = [row for row in batch if row is first[row[0]] and row[0] not in lost]
        lengths = await self._forwarding.forward(owned, places)
        self._onward.update((key, length) for key, length in lengths.items() if key in places.onward)
        # What was forwarded is only acknowledged here: it has no appends any more, and no step.
        rest: list[Row] = [row if row[1] == POSTPONED else (row[0], 0, (), 0, "") for row in owned]
        settled = await self._written(list(zip(*rest, strict=True)), Places()) if rest else Settling([], [])
        self._forwarding.forget(ids)
        return Settling([*lost, *settled.lost], settled.gone)

    async def begin(self, entry_id: str, deliveries: int) -> Renewed:
        """Count that the work on an entry begins for the `deliveries`-th time. Answers where it must not."""
        begun = await self._fenced(
            "begin",
            self._renew_keys,
            self._group,
            self._consumer,
            self._token,
            entry_id,
            deliveries,
            self._tombstone,
        )
        return Renewed([entry_id] if begun == 0 else [], [entry_id] if begun == -1 else [])

    async def forget_consumers(self, unseen_seconds: float) -> list[str]:
        """Remove the group's consumers that hold nothing and that nobody has seen for so long; returns their names."""
        return _texts(
            await self._scripts["forget_consumers"](
                [self.key], self._group, self._consumer, int(unseen_seconds * 1000)
            )
        )

    @property
    def _fence_ms(self) -> int:
        return int(1000 * (self.lease_seconds if self._exclusive else _NAME_SECONDS))

    async def _taken(self, which: str, count: int, where: object, in_hand: Iterable[str] = ()) -> Taken:
        taken, gone, onward = await self._fenced(
            "take",
            self._take_keys,
            self._group,
            self._consumer,
            self._token,
            which,
            count,
            where,
            self._tombstone,
            *in_hand,
        )
        return Taken([self._delivery(*row) for row in taken], _texts(gone), onward.decode())

    def _delivery(
        self, entry_id: bytes, flat: list[bytes], deliveries: int, account: bytes | None
    ) -> Delivery:
        attempts, first_failed_ms = (account or b"0:0").split(b":")
        return Delivery(
            entry_id.decode(), self._read_content(flat), int(attempts), int(first_failed_ms), deliveries
        )

    async def _fenced(self, script: str, keys: Sequence[str], *args: Any) -> Any:
        try:
            return await self._scripts[script](keys, *args)
        except ResponseError as error:
            said, _, holder = str(error).partition(" by ")
            if said != "FENCED":
                raise
            raise Fenced(holder) from None


def _texts(values: Iterable[bytes]) -> list[str]:
    return [value.decode() for value in values]
