"""Claims on a code that no product has yet: they wait until the host adds it."""

from __future__ import annotations

from uuid import UUID

import orjson

from pipeline.decision import derived_id
from schemas.codec import encode
from schemas.records import ClassifiedComment
from stages.adapters.database.outbox import put_in_outbox
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement

WAIT_SECONDS = 3600.0
"""How long such a claim is of use: shows last hours, and nobody wants to be charged for what they wrote days ago."""


class UnlistedClaims:
    """The waiting claims in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, claim: ClassifiedComment, code: str) -> bool:
        """Have the claim wait for a product with this (bare) code, once however often it is called. False, and nothing
        changed, where a product has the code by now: whoever asked has an old catalog."""
        async with self._database.transaction() as connection:
            await connection.execute(statement("unlisted/share_streamer"), claim.streamer)
            if await connection.fetchval(statement("unlisted/is_listed"), claim.streamer, code):
                return False
            await connection.execute(
                statement("unlisted/keep"),
                claim.comment_id,
                claim.streamer,
                code,
                orjson.loads(encode(claim)),
            )
            return True


async def serve_unlisted(connection: Connection, streamer: str, product_id: UUID) -> None:
    """Send the claims that waited for a code of this product to vision, in the transaction that has added the product,
    its alias or its variant, and that has locked the streamer's row before."""
    for row in await connection.fetch(statement("unlisted/serve"), streamer, product_id, WAIT_SECONDS):
        claim = ClassifiedComment.model_validate(row["claim"])
        await put_in_outbox(connection, derived_id(f"listed/{claim.comment_id}"), "vision", claim)
