"""A claim's place on the waitlist: one for each comment, good for the pieces that were not there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import orjson

from pipeline.decision import derived_id
from schemas.codec import encode
from schemas.records import MatchedComment
from stages.adapters.database.news import tell_of_claim
from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement


async def add_place(
    connection: Connection, claim: MatchedComment, buyer: UUID, pieces: int, now: datetime
) -> None:
    """Have the claim wait for `pieces`, and its buyer told so. The buyer is known to the database."""
    place = derived_id(f"waitlist/{claim.comment_id}")
    await connection.execute(
        statement("waitlist/add"),
        place,
        claim.comment_id,
        rank(claim.seq),
        claim.streamer,
        claim.product_id,
        claim.variant_id,
        buyer,
        pieces,
        orjson.loads(encode(claim)),
        now,
    )
    await tell_of_claim(connection, "waitlisted", claim, buyer, pieces, place)


def rank(seq: str) -> int:
    """`seq` as one number that sorts, as in chat_messages.seq_rank."""
    milliseconds, number = seq.split("-")
    return (int(milliseconds) << 20) | int(number)
