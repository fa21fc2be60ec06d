"""Many comments come in by one request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from pipeline.engines.redis.connection import REDIS_AWAY
from stages.doors.answers import RETRY_SECONDS, refusals, refuse
from stages.doors.comment_door import CommentDoor, Taken, TurnedAway
from stages.doors.comment_item import RefusedItem, TakenItem, as_item, comment_in, comment_of
from stages.doors.gate import Caller, Gate
from stages.doors.high_water import Congested
from stages.doors.posted_comment import PostedComment

PATH = "/comments/batch"
MOST = 1_000
BODY_LIMIT = 8 * 1024 * 1024
_SLICE = 100  # comments appended in one step: half a millisecond in which Redis serves nobody else
_GONE = "The queue went away before this comment's turn; it was not kept. Please send it again."


class BatchAnswer(BaseModel):
    """One result for each comment, in the order in which they came; `ok` where all were taken."""

    ok: bool
    accepted: int
    refused: int
    results: list[TakenItem | RefusedItem] = Field(max_length=MOST)


class UnreadableBatch(ValueError):
    """The body is no batch of comments; the message says why."""


def batch_routes(door: CommentDoor, gate: Gate) -> APIRouter:
    """`POST /comments/batch`."""
    router = APIRouter(tags=["comments"])
    ingester = Depends(gate.needs("ingest"))

    @router.post(
        PATH,
        response_model=BatchAnswer,
        responses=refusals(401, 403, 413, 422, 503),
        summary="Take many comments into the pipeline",
        openapi_extra={"requestBody": _BODY},
    )
    async def post_batch(request: Request, caller: Caller = ingester) -> Response:
        """Takes a JSON array, or NDJSON (an object a line), of up to 1,000 comments, in their order. Each has a result
        of its own: one that can't be taken costs the others nothing. Where the queue takes nothing at all the answer is
        503; whatever of a batch is sent again, with its message_ids, counts once."""
        try:
            items = read_batch(await request.body())
        except UnreadableBatch as error:
            return refuse(422, str(error))
        results = await take_batch(door, items, caller)
        return Response(_answer(results), media_type="application/json")

    return router


def read_batch(body: bytes) -> list[PostedComment | TurnedAway]:
    """The comments of a body; in the place of one that is none, what is wrong with it. Raises UnreadableBatch."""
    text = body.strip()
    if not text:
        raise UnreadableBatch("The body is empty: send a JSON array of comments, or an object a line.")
    items = list(_array(text) if text.startswith(b"[") else _lines(text))
    if len(items) > MOST:
        raise UnreadableBatch(f"These are {len(items):,} comments: send {MOST:,} at most at once.")
    return items


async def take_batch(
    door: CommentDoor, items: Sequence[PostedComment | TurnedAway], caller: Caller
) -> list[Taken | TurnedAway]:
    """Append the comments among the items, in slices. Raises Congested and what says that Redis is away, where nothing
    at all was kept."""
    results: list[Taken | TurnedAway] = []
    for start in range(0, len(items), _SLICE):
        if any(isinstance(result, TurnedAway) and result.status == 503 for result in results):
            return results + _not_kept(items[start:], _GONE)
        try:
            results += await _take_slice(door, items[start : start + _SLICE], caller)
        except (Congested, *REDIS_AWAY) as error:
            if not any(isinstance(result, Taken) for result in results):
                raise
            words = str(error) if isinstance(error, Congested) else _GONE
            return results + _not_kept(items[start:], words)
    return results


async def _take_slice(
    door: CommentDoor, items: Sequence[PostedComment | TurnedAway], caller: Caller
) -> list[Taken | TurnedAway]:
    comments = [item for item in items if isinstance(item, PostedComment)]
    answers = iter(await door.take(comments, caller) if comments else ())
    return [item if isinstance(item, TurnedAway) else next(answers) for item in items]


def _not_kept(items: Sequence[PostedComment | TurnedAway], words: str) -> list[Taken | TurnedAway]:
    later = TurnedAway(503, words, RETRY_SECONDS)
    return [item if isinstance(item, TurnedAway) else later for item in items]


def _array(text: bytes) -> Iterator[PostedComment | TurnedAway]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UnreadableBatch(f"The body is not JSON: {error}.") from error
    return map(comment_of, found)


def _lines(text: bytes) -> Iterator[PostedComment | TurnedAway]:
    return (comment_in(line) for line in text.splitlines() if line.strip())


def _answer(results: Sequence[Taken | TurnedAway]) -> bytes:
    """A BatchAnswer."""
    accepted = sum(isinstance(result, Taken) for result in results)
    return orjson.dumps(
        {
            "ok": accepted == len(results),
            "accepted": accepted,
            "refused": len(results) - accepted,
            "results": [as_item(result) for result in results],
        }
    )


_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "array",
                "maxItems": MOST,
                "items": PostedComment.model_json_schema(),
            }
        },
        "application/x-ndjson": {"schema": {"type": "string", "minLength": 1}},
    },
}
