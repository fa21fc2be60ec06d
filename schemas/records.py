"""Comment -> ClassifiedComment -> MatchedComment -> PlacedOrder -> PaidOrder -> Notification.

Each record embeds what later stages need of its predecessors, so that no stage has to look back. Records are
frozen; fields a reader does not know are ignored, so that writers may be upgraded first.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from schemas.money import Money

Intent = Literal["buy", "question", "feedback", "complaint", "none"]
Kind = Literal["comment", "retract", "pin", "order"]
OrderStatus = Literal["placed", "awaiting_payment", "paid", "failed", "cancelled", "refunded"]

MESSAGE_LIMIT = 2_000  # characters
NAME_LIMIT = 200  # characters of a handle, an id or a platform's name
FRAME_URLS_LIMIT = 32
FRAME_URL_LIMIT = 2_048  # characters


def without_nul(text: str) -> str:
    """The text as it is. Raises ValueError where no database could hold it."""
    if "\x00" in text:
        raise ValueError("contains the character NUL, which no database text can hold")
    return text


Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT), AfterValidator(without_nul)]
Message = Annotated[str, Field(min_length=1, max_length=MESSAGE_LIMIT), AfterValidator(without_nul)]
# Times from before the platforms, or beyond any show, are mistakes; and every clock and database can hold these.
Moment = Annotated[
    AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))
]
FrameUrl = Annotated[str, Field(min_length=1, max_length=FRAME_URL_LIMIT), AfterValidator(without_nul)]


class Record(BaseModel):
    """Anything that travels between stages."""

    # Of texts pydantic would keep 16,384 as it has read them, which costs time and memory for what hardly comes again.
    model_config = ConfigDict(frozen=True, extra="ignore", cache_strings="keys")


class CommentRecord(Record):
    """A record that belongs to one comment. `seq` (the id of its entry in `comments_stream`) decides who was
    first; `comment_id` is the identity from which all later ids derive."""

    comment_id: UUID
    seq: str = Field(pattern=r"^\d{1,13}-\d{1,7}$")
    streamer: Name


class Viewer(Record):
    """Who wrote: `client` is the handle on screen, `client_id` the platform's own id where it gives one.
    `verified` says that a source allowed to charge saved cards signed the comment."""

    platform: Name
    client: Name
    client_id: Name | None = None
    verified: bool = False

    @property
    def key(self) -> str:
        """Identity of the buyer within the platform: the platform's id, or the handle where none came."""
        return self.client_id or self.client


class Comment(CommentRecord):
    """One message under a live stream, as it came. `timestamp` is the platform's clock (UTC)."""

    viewer: Viewer
    message: Message
    timestamp: Moment
    message_id: Name | None = None
    frame_urls: tuple[FrameUrl, ...] = Field(default=(), max_length=FRAME_URLS_LIMIT)
    source: Name = "stream"
    kind: Kind = "comment"


class ClassifiedComment(Comment):
    """A comment whose intent is known: `score` is the probability that `intent` is right. The slots are None
    where the viewer did not say."""

    intent: Intent
    score: float = Field(ge=0, le=1)
    quantity: int | None = Field(default=None, ge=1)
    variant: str | None = None
    code: str | None = None
    language: str = "und"


class MatchedComment(CommentRecord):
    """A claim on a product: `score` is the calibrated confidence that this product was meant."""

    viewer: Viewer
    timestamp: AwareDatetime
    quantity: int = Field(ge=1)
    variant: str | None = None
    variant_id: UUID | None = None
    code: str | None = None
    product_id: UUID
    product_name: str
    score: float = Field(ge=0, le=1)
    price: Money


class Cancellation(CommentRecord):
    """The viewer takes back their own unpaid claim: "cancel", "pass", in a comment of their own. With `retracts`, that
    comment was taken back itself, by the viewer or a moderator."""

    kind: Literal["cancellation"] = "cancellation"
    viewer: Viewer
    timestamp: AwareDatetime
    code: str | None = None
    retracts: UUID | None = None


class PlacedOrder(CommentRecord):
    """An order that stands in the database with its stock reserved."""

    viewer: Viewer
    order_id: UUID
    order_number: str
    product_name: str
    quantity: int = Field(ge=1)
    total: Money
    status: OrderStatus


class PaidOrder(CommentRecord):
    """An order after its payment was tried: paid, or waiting at `payment_url`."""

    order_id: UUID
    order_number: str
    product_name: str
    total: Money
    status: OrderStatus
    payment_id: str | None = None
    payment_url: str | None = None


NewsKind = Literal["payment_failed", "sold_out", "waitlisted", "hold_expiring", "cancelled", "refunded"]


class News(CommentRecord):
    """What a buyer is told besides confirmation and pay link. `subject` names the event (an order, a refund, a
    place on the waitlist): each news goes out once for each subject. No order belongs to `sold_out`, and none yet to
    `waitlisted`. `amount` is what was given back, or the order's total."""

    kind: NewsKind
    subject: UUID
    buyer_id: UUID
    product_name: str
    quantity: int = Field(ge=1)
    order_id: UUID | None = None
    order_number: str | None = None
    amount: Money | None = None
    payment_url: str | None = None


class Notification(CommentRecord):
    """What the buyer was told: `message_sid` is the provider's id, None where no message could be sent."""

    order_id: UUID | None
    order_number: str | None
    status: str
    message_sid: str | None = None
