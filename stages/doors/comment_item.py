"""One comment among many: what was sent, and its result."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, assert_never

import orjson
from pydantic import BaseModel, ValidationError

from stages.doors.comment_door import Taken, TurnedAway
from stages.doors.faults import words_for
from stages.doors.posted_comment import PostedComment, Queued


class TakenItem(Queued):
    """As for a comment that is posted alone; `comment_id` names it to `trace`."""

    comment_id: str


class RefusedItem(BaseModel):
    """Why this comment was not taken, by the words and status with which it would be refused alone. With
    `retry_after_seconds` it may be sent again; without, it never gets in as it is."""

    ok: bool = False
    status: int
    error: str
    retry_after_seconds: int | None = None


def comment_in(data: bytes) -> PostedComment | TurnedAway:
    """The comment in a JSON object, or what is wrong with it."""
    with suppress(ValidationError):
        return PostedComment.model_validate_json(data)
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return TurnedAway(422, f"This is not JSON: {error}.")
    return comment_of(found)


def comment_of(found: Any) -> PostedComment | TurnedAway:
    """The comment in what JSON was read as, or what is wrong with it."""
    if not isinstance(found, dict):
        return TurnedAway(422, "A comment must be a JSON object.")
    try:
        return PostedComment.model_validate(found)
    except ValidationError as error:
        return TurnedAway(422, "; ".join(words_for(fault) for fault in error.errors(include_url=False)))


def as_item(answer: Taken | TurnedAway) -> dict[str, Any]:
    """The result of one comment, as a batch and a socket give it: what TakenItem or RefusedItem says."""
    match answer:
        case Taken():
            return {**answer.told(), "comment_id": answer.comment_id}
        case TurnedAway(status=status, error=error, retry_after_seconds=after):
            later = {} if after is None else {"retry_after_seconds": after}
            return {"ok": False, "status": status, "error": error, **later}
        case _:
            assert_never(answer)
