"""Which pictures belong to a streamer: what was looked at for a comment, and what is sold."""

from __future__ import annotations

from uuid import UUID

from stages.adapters.database.statements import statement
from stages.console.backstage import Backstage


async def frame_name(backstage: Backstage, streamer: str, comment_id: UUID, number: int) -> str | None:
    """Path or URL of a frame (from 1) that was looked at for the streamer's comment; None where there is none."""
    async with backstage.reading(streamer) as connection:
        row = await connection.fetchrow(statement("console/review_frame"), streamer, comment_id, number)
    return row["name"] if row else None


async def product_picture(backstage: Backstage, streamer: str, product_id: UUID) -> str | None:
    """Path of the first picture of the streamer's product; None where there is none."""
    async with backstage.reading(streamer) as connection:
        path: str | None = await connection.fetchval(
            statement("console/product_picture"), streamer, product_id
        )
    return path
