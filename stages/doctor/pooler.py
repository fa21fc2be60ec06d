"""Whether the database is reached through a transaction pooler."""

from __future__ import annotations

import asyncpg

from pipeline.finding import Finding
from stages.settings import ShopSettings

_SUBJECT = "Pooler"
_SECONDS = 10.0


async def pooler_finding(settings: ShopSettings) -> Finding:
    """A pooler gives its clients process numbers of its own; one that shares out transactions answers a client's next
    one by another process of the server, where others came in between. Raises what asyncpg raises."""
    first, second = [await _connect(settings.database_url) for _ in range(2)]
    try:
        is_pooled = await _process(first) != first.get_server_pid()
        shares = is_pooled and await _changes_process(first, second)
    finally:
        await first.close(timeout=_SECONDS)
        await second.close(timeout=_SECONDS)
    if shares and not settings.database_pooler:
        return Finding(
            "error",
            _SUBJECT,
            "DATABASE_URL leads to a transaction pooler, which loses prepared statements: set DATABASE_POOLER=true.",
        )
    if not is_pooled and settings.database_pooler:
        words = "DATABASE_POOLER is true, and there is no pooler: unset it, and statements are prepared once only."
        return Finding("warning", _SUBJECT, words)
    if shares:
        return Finding("ok", _SUBJECT, "There is one that shares out transactions, as DATABASE_POOLER says.")
    return Finding("ok", _SUBJECT, f"There is {'one that keeps sessions apart' if is_pooled else 'none'}.")


async def _connect(url: str) -> asyncpg.Connection[asyncpg.Record]:
    return await asyncpg.connect(url, statement_cache_size=0, timeout=_SECONDS, command_timeout=_SECONDS)


async def _process(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    return int(await connection.fetchval("select pg_backend_pid()"))


async def _changes_process(
    one: asyncpg.Connection[asyncpg.Record], other: asyncpg.Connection[asyncpg.Record]
) -> bool:
    """Both hold a process of the server, and `other` frees its own last: who is next is given that one."""
    held, lent = one.transaction(), other.transaction()
    await held.start()
    before = await _process(one)
    try:
        await lent.start()
        await _process(other)
    except TimeoutError:  # there is but one process of the server to share
        await held.rollback()
        return True
    await held.rollback()
    await lent.rollback()
    return await _process(one) != before
