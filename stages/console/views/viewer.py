"""Who wrote a comment, and whether their claims are taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stages.adapters.database.statements import statement
from stages.console.backstage import Backstage


@dataclass(frozen=True, slots=True)
class ShownViewer:
    """`key` is what buyers are known by on their platform."""

    comment_id: UUID
    client: str
    platform: str
    key: str
    blocked_at: datetime | None


async def viewer_view(backstage: Backstage, streamer: str, comment_id: UUID) -> ShownViewer | None:
    """Who wrote this streamer's comment; None where it is unknown, and for whoever does not look after all streamers: a
    block holds under all of them, so it is not for one to make."""
    if not backstage.is_operator:
        return None
    async with backstage.database.transaction() as connection:
        row = await connection.fetchrow(statement("console/viewer"), streamer, comment_id)
    return ShownViewer(comment_id, **row) if row else None
