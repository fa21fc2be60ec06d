"""Who may ask a face that keeps nothing: a judgement costs time, but tells and changes nothing of the shop."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from stages.adapters.database import Database
from stages.adapters.database.api_keys import ApiKeys
from stages.doors.gate import Gate
from stages.doors.keyring import Keyring
from stages.doors.loopback import is_loopback
from stages.settings import ShopSettings, require


@asynccontextmanager
async def face_gate(settings: ShopSettings, host: str) -> AsyncIterator[Gate]:
    """On a loopback address the face stands open, and needs no database; on another, it asks for a key with any scope
    (`gate.needs()`). Raises MissingSetting, DatabaseRefused and DatabaseUnavailable."""
    if is_loopback(host):
        yield Gate(None, open_doors=True)
        return
    require(settings, database_url="where Postgres listens: it holds the keys that this address asks for")
    async with Database.opened(settings.database_url, pooler=settings.database_pooler) as database:
        gate = Gate(Keyring(ApiKeys(database), time.monotonic, lambda: datetime.now(UTC)))
        yield gate
        await gate.close()
