"""Pins: the host shows a product, and says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from pipeline.ports import PublicDoor
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement
from stages.ingest import UNPINNED
from stages.mendable import Mendable
from stages.sources import Sources

HOST = "host"


class NotPinned(Mendable):
    """There is no such streamer, or no such product of theirs; the message says so."""


@dataclass(frozen=True, slots=True)
class PinBoard:
    """Writes pins into the public stream, where they take their place among the comments, signed as `source`."""

    appender: PublicDoor
    database: Database
    sources: Sources
    source: str
    now: Callable[[], datetime]

    async def pin(self, streamer: str, sku: str | None) -> str:
        """Pin a product; None takes down whatever is pinned. Returns the sku as the catalog spells it, or UNPINNED.

        Raises NotPinned, DatabaseUnavailable, and what says that the streams are away (Backbone.away)."""
        pinned = await self._known(streamer, sku)
        fields = {
            "streamer": streamer,
            "client": HOST,
            "message": pinned,
            "kind": "pin",
            "timestamp": self.now().isoformat(),
            "message_id": f"pin-{uuid4().hex}",
        }
        await self.appender.comment(self.sources.stamp(fields, self.source))
        return pinned

    async def _known(self, streamer: str, sku: str | None) -> str:
        async with self.database.transaction() as connection:
            if await connection.fetchrow(statement("catalog/streamer"), streamer) is None:
                raise NotPinned(
                    f"There is no streamer {streamer!r}: "
                    f"`tiktoksales catalog import SHEET --streamer {streamer} --currency USD` registers one."
                )
            if not sku:
                return UNPINNED
            product = await connection.fetchrow(statement("review_decisions/product"), streamer, sku)
        if product is None:
            raise NotPinned(
                f"{streamer!r} sells no product {sku!r}: see `tiktoksales catalog list {streamer}`."
            )
        found: str = product["sku"]
        return found
