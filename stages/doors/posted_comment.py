"""A comment as it is posted, and what is answered."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from schemas.records import FRAME_URLS_LIMIT, FrameUrl, Message, Name
from stages.doors.moments import PostedMoment
from stages.ingest import DEFAULT_PLATFORM


class PostedComment(BaseModel):
    """A comment as it is posted. Without `message_id` each post is a comment of its own; with one, posts of the same
    platform, streamer and message_id are one. Of the kind `retract`, it takes back the comment of that message_id; of
    the kind `pin`, its message is the sku that the host shows from now on, none is nothing."""

    model_config = ConfigDict(
        # Of texts pydantic would keep 16,384 as it has read them: what hardly comes again is let go.
        cache_strings="keys",
        json_schema_extra={
            "examples": [
                {
                    "streamer": "maya.closet",
                    "client": "emma_r",
                    "message": "I want to buy this!",
                    "platform": "tiktok",
                    "message_id": "7561234567890123456",
                    "client_id": "6937909301590894449",
                }
            ]
        },
    )

    streamer: Name
    client: Name
    message: Message | None = None
    timestamp: PostedMoment | None = None
    platform: Name = DEFAULT_PLATFORM
    message_id: Name | None = None
    client_id: Name | None = None
    # By a factory, since pydantic would copy a default in Python.
    frame_urls: list[FrameUrl] = Field(default_factory=list, max_length=FRAME_URLS_LIMIT)
    kind: Literal["comment", "retract", "pin"] = "comment"

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Self:
        if self.kind == "comment" and self.message is None:
            raise ValueError("message: a comment needs one")
        if self.kind == "retract" and self.message_id is None:
            raise ValueError("message_id: a retraction names the comment it takes back by it")
        return self

    @property
    def viewer(self) -> tuple[str, str, str]:
        """What names the viewer: platform, streamer, and the platform's own id where it gives one."""
        return self.platform, self.streamer, self.client_id or self.client


class Queued(BaseModel):
    """The comment stands in Redis: `queued_to` is the stage stream and partition that will read it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ok": True,
                    "queued_to": "intent:{0}",
                    "stream": "comments_stream",
                    "timestamp": "2026-01-02T03:04:05Z",
                }
            ]
        }
    )

    ok: Literal[True] = True
    queued_to: str
    stream: str
    timestamp: AwareDatetime
