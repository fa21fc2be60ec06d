"""What a platform delivered, in the pipeline's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from schemas.records import MESSAGE_LIMIT, NAME_LIMIT

IncomingKind = Literal["comment", "retract", "pin"]
_YEARS = range(2000, 2100)  # those of schemas.records.Moment


@dataclass(frozen=True, slots=True)
class Incoming:
    """A comment, a retraction or a pin.

    `message_id` is the platform's own id and stays the same however often the platform delivers the message; that of
    a retraction is the id of the comment it means. `timestamp` is the platform's clock, aware. A pin's message is the
    product's sku, or ingest.UNPINNED; a retraction has no message.
    """

    streamer: str
    platform: str
    message_id: str
    client: str
    message: str
    timestamp: datetime
    client_id: str | None = None
    kind: IncomingKind = "comment"

    @property
    def identity(self) -> str:
        """What is remembered of it: the same for each delivery, and another for its retraction."""
        return f"{self.platform}/{self.kind}/{self.message_id}"

    def fields(self) -> dict[str, str]:
        """As an entry of the public stream, unsigned."""
        fields = {
            "streamer": self.streamer,
            "client": self.client,
            "message": self.message,
            "timestamp": self.timestamp.isoformat(),
            "platform": self.platform,
            "message_id": self.message_id,
            "kind": self.kind,
        }
        return {name: value for name, value in fields.items() if value} | (
            {"client_id": self.client_id} if self.client_id else {}
        )


def shortened(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """The text as a comment may have it: without NUL and white space around it, cut at `limit` characters. It may
    come out empty: such a comment is none.

    >>> shortened("  sold!\\x00 ")
    'sold!'
    """
    return text.replace("\x00", "").strip()[:limit].rstrip()


def short_name(text: str) -> str:
    """As `shortened`, for handles and ids."""
    return shortened(text, NAME_LIMIT)


def from_epoch(milliseconds: int) -> datetime | None:
    """The moment so many milliseconds after 1970 in UTC; None where no show was ever then."""
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year in _YEARS else None
