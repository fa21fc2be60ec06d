"""The keys that open the doors of this process, as fresh as a revocation needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.api_keys import ApiKeys, GoodKey, KeyRights
from stages.api_key import ApiKey

FRESH_SECONDS = 2.0
"""A revoked key opens for so long at most."""
STALE_SECONDS = 300.0
"""While the database is away, where nobody could revoke a key either, keys go on opening for so long."""
_GUESS_SECONDS = 0.1  # an unknown id may be of a new key; those who guess share one look in this time
_PATIENCE_SECONDS = 1.0
_RETRY_SECONDS = 1.0
_NOTE_SECONDS = 60.0

_log = structlog.get_logger()


class Keyring:
    """All good keys of the database, read again when somebody asks and they are no longer fresh: keys are few, and
    whoever guesses ids costs the database little. `clock` gives seconds that never go back, `now` the time."""

    def __init__(self, keys: ApiKeys, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._keys, self._clock, self._now = keys, clock, now
        self._good: Mapping[str, GoodKey] = {}
        self._read_at = self._begun_at = self._failed_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._noted_at: dict[str, float] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def rights_of_key(self, text: str) -> KeyRights | None:
        """What the shown key is good for; None where it opens nothing. Raises DatabaseUnavailable where the keys could
        not be read for STALE_SECONDS."""
        shown = ApiKey.read(text)
        if shown is None:
            return None
        found = await self._find(shown.id)
        if found is None or not shown.opens(found.secret_hash):
            return None
        self._note_use(shown.id)
        return found.rights

    async def rights_of_id(self, key_id: str) -> KeyRights | None:
        """What the key of this id is good for, for whoever showed it earlier; else as above."""
        found = await self._find(key_id)
        return found.rights if found else None

    async def close(self) -> None:
        """Wait for what is being read and written."""
        under_way = [*self._notes, *([self._reading] if self._reading else [])]
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _find(self, key_id: str) -> GoodKey | None:
        asked = self._clock()
        await self._refresh(asked - FRESH_SECONDS)
        if key_id not in self._good:
            await asyncio.sleep(max(0.0, min(self._read_at + _GUESS_SECONDS - asked, _GUESS_SECONDS)))
            await self._refresh(asked)
        return self._good.get(key_id)

    async def _refresh(self, since: float) -> None:
        """Have the keys read at `since` or later. Callers at the same time share one look; one that takes long holds up
        nobody who has old keys to go by."""
        is_stale = self._clock() - self._read_at > STALE_SECONDS
        while self._read_at < since and (self._reading or self._clock() - self._failed_at >= _RETRY_SECONDS):
            if self._reading is None:
                self._begun_at = self._clock()
                self._reading = asyncio.create_task(self._read())
            begun, rest = self._begun_at, self._begun_at + _PATIENCE_SECONDS - self._clock()
            _, slow = await asyncio.wait({self._reading}, timeout=None if is_stale else max(0.0, rest))
            if slow or begun >= since:
                break
        if self._clock() - self._read_at > STALE_SECONDS:
            raise DatabaseUnavailable("The keys can't be read: the database is away. Please try again later.")

    async def _read(self) -> None:
        try:
            self._good = await self._keys.good()
            self._read_at = self._begun_at
        except DatabaseUnavailable as error:
            self._failed_at = self._clock()
            _log.warning("the keys can't be read again", error=str(error))
        finally:
            self._reading = None

    def _note_use(self, key_id: str) -> None:
        now = self._clock()
        if now - self._noted_at.get(key_id, float("-inf")) < _NOTE_SECONDS:
            return
        self._noted_at[key_id] = now
        note = asyncio.create_task(self._note(key_id))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    async def _note(self, key_id: str) -> None:
        try:
            await self._keys.used(key_id, self._now())
        except DatabaseUnavailable as error:
            _log.warning("the use of a key can't be noted", key_id=key_id, error=str(error))
