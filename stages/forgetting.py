"""Forgets a viewer: at the payment provider, in the database, in the streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from redis.asyncio import Redis

from pipeline.engines.redis.dead_letters import DeadLetters
from pipeline.engines.redis.keys import Keys
from stages.adapters.database.forgetting import (
    Erased,
    Forgetting,
    Known,
    NobodyKnown,
    SeveralKnown,
    StillUnderWay,
)
from stages.adapters.payments import StripePayments
from stages.archive.redaction import Redaction
from stages.ingest import DEFAULT_PLATFORM
from stages.mendable import Mendable

_PAGE = 1_000
# What has no end by then was lost, or came before ends were written down.
_LONGEST_WAY = timedelta(days=1)
_NAMES = ("platform", "client", "client_id")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was erased where: rows, customers at the payment provider, entries of the public stream, dead letters, and
    entries of the archive."""

    platform: str
    erased: Erased
    customers: int
    entries: int
    dead_letters: int
    archived: int = 0


class Oblivion:
    """Forgets whom it is told to. Whatever it was cut off in is made good by calling it again."""

    def __init__(
        self,
        forgetting: Forgetting,
        payments: StripePayments | None,
        streams: Streams,
        now: Callable[[], datetime],
        redaction: Redaction | None = None,
    ) -> None:
        """`payments`: None where no provider is configured; then no customer may be known there. `redaction`: None
        where nothing was archived."""
        self._forgetting, self._payments, self._streams, self._now = forgetting, payments, streams, now
        self._redaction = redaction

    async def forget(self, handle: str, platform: str | None = None) -> Forgotten:
        """Erase who bears the name. Raises NobodyKnown, SeveralKnown, PaymentUnderWay,
        StillUnderWay, and what provider, database and
        streams raise."""
        platform = platform or await self._only_platform(handle)
        known = await self._forgetting.known(platform, handle)
        ids, under_way = await self._streams.entries(known, self._forgetting, self._now())
        if under_way:
            raise StillUnderWay(under_way)
        # First the provider: afterwards nobody would know what it calls them.
        for customer in known.customers:
            if self._payments is None:
                raise Mendable("STRIPE_API_KEY is not set, and the buyer has a card saved there.")
            await self._payments.forget_customer(customer)
        # Then the streams: they are searched by the names that the database is about to lose.
        entries = await self._streams.erase_entries(ids)
        dead_letters = await self._streams.erase_dead_letters(known)
        # What goes into the archive from now on is read from the stream, where the viewer is no more.
        archived = (
            await self._redaction.redact(lambda fields: _is_of(fields, known)) if self._redaction else 0
        )
        erased = await self._forgetting.erase(known, self._now())
        if not (erased.buyers or erased.comments or entries or dead_letters or archived):
            raise NobodyKnown(handle, platform)
        return Forgotten(platform, erased, len(known.customers), entries, dead_letters, archived)

    async def _only_platform(self, handle: str) -> str:
        match await self._forgetting.platforms(handle):
            case []:
                raise NobodyKnown(handle, None)
            case [platform]:
                return platform
            case platforms:
                raise SeveralKnown(handle, platforms)


class Streams:
    """The public stream and the dead letters, as far as they hold a viewer's words."""

    def __init__(self, redis: Redis, keys: Keys, partitions: int) -> None:
        self._redis, self._keys = redis, keys
        self._dead = DeadLetters(redis, keys, partitions)

    async def entries(self, known: Known, ends: Forgetting, now: datetime) -> tuple[list[str], int]:
        """The ids of the viewer's entries that can be deleted, and how many are still under way: an entry that is
        deleted before its end would be reported as lost. Reads the whole stream."""
        latest_end = int((now - _LONGEST_WAY).timestamp() * 1000)
        found: list[str] = []
        under_way = 0
        async for page in self._pages():
            mine = [entry_id for entry_id, fields in page if _is_of(fields, known)]
            ended = await ends.ended(mine) if mine else set()
            done = [each for each in mine if each in ended or int(each.split("-")[0]) < latest_end]
            found += done
            under_way += len(mine) - len(done)
        return found, under_way

    async def erase_entries(self, ids: Sequence[str]) -> int:
        """Delete entries of the public stream; how many were still there."""
        erased = 0
        for first in range(0, len(ids), _PAGE):
            command = ("XDEL", self._keys.comments, *ids[first : first + _PAGE])
            erased += int(await self._redis.execute_command(*command))
        return erased

    async def erase_dead_letters(self, known: Known) -> int:
        """Delete the dead letters that hold a comment of the viewer's."""
        ids = {str(comment_id) for comment_id in known.comments}
        return await self._dead.delete(
            [
                each
                async for each in self._dead.all()
                if each.letter.comment_id in ids or _is_of(each.letter.raw, known)
            ]
        )

    async def _pages(self) -> AsyncIterator[list[tuple[str, Mapping[bytes, bytes]]]]:
        start = "-"
        while page := await self._redis.execute_command(
            "XRANGE", self._keys.comments, start, "+", "COUNT", _PAGE
        ):
            yield [(entry_id.decode(), fields) for entry_id, fields in page]
            start = f"({page[-1][0].decode()}"


def _is_of(fields: Mapping[bytes, bytes], known: Known) -> bool:
    """Whether a comment's fields, or the record in an envelope, name the viewer."""
    viewer = _viewer(fields)
    platform = viewer.get("platform") or DEFAULT_PLATFORM
    return platform == known.platform and (viewer.get("client_id") or viewer.get("client")) in known.keys


def _viewer(fields: Mapping[bytes, bytes]) -> dict[str, Any]:
    if b"d" not in fields:
        return {name: fields.get(name.encode(), b"").decode(errors="replace") for name in _NAMES}
    try:
        record = orjson.loads(fields[b"d"])
    except orjson.JSONDecodeError:
        return {}
    viewer = record.get("viewer") if isinstance(record, dict) else None
    return viewer if isinstance(viewer, dict) else {}
