"""Ingest: validates what came through the public door, stores it, and sends it on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from pipeline.decision import derived_text
from pipeline.stage import Door, Drop, Emit, Limits, Opened, Outcome, Stage
from schemas.codec import UnreadableRecord, in_words
from schemas.records import Cancellation, Comment
from stages.adapters.database.comments import Comments, Retraction
from stages.floods import UNBOUNDED, Judge
from stages.sources import Sources

DEFAULT_PLATFORM = "tiktok"
UNPINNED = "-"
"""The message of a pin that takes down whatever is pinned: a product of this sku can't be pinned."""

RETRACTED = "(retracted)"
_NAMES = {
    name.encode(): name
    for name in (
        "streamer", "client", "message", "timestamp", "platform", "message_id", "client_id", "frame_urls", "kind",
        "source", "sig",
    )
}  # fmt: skip
"""Of a public entry's fields, so that they are not read anew for each."""

_TIMESTAMP: TypeAdapter[datetime] = TypeAdapter(datetime)


async def ingest(comments: Sequence[Comment], *, store: Comments, floods: Judge = UNBOUNDED) -> list[Outcome]:
    """Store the comments; each is sent on once, however often its platform delivers it. One that is taken back goes no
    further; what it has claimed is released. Nor does one go further that is part of a flood."""
    first_seqs = await store.store(comments)
    said = [each for each in comments if each.kind == "comment" and first_seqs[each.comment_id] == each.seq]
    reasons = dict(zip([each.seq for each in said], await floods.reasons(said), strict=True))
    meant = {comment.comment_id: target for comment in comments if (target := _retracted(comment))}
    retracted = await _retract(comments, meant, store) if meant else set()
    return [
        _flooded(reasons.get(comment.seq))
        or _outcome(comment, first_seqs[comment.comment_id], meant.get(comment.comment_id), retracted)
        for comment in comments
    ]


def comment_door(sources: Sources) -> Door[Comment]:
    """The public stream, whose entries anyone allowed may write: `streamer client message` and optional fields."""
    return Door(opens=partial(open_comment, sources=sources))


def open_comment(seq: str, raw: Mapping[bytes, bytes], *, sources: Sources) -> Opened[Comment]:
    """The comment in a public entry's fields. Raises UnreadableRecord, with the reason in words."""
    fields = _text(raw)
    source, verified = sources.vouch(fields)
    given: dict[str, Any] = {
        name: fields[name] for name in ("streamer", "message", "message_id", "kind") if fields.get(name)
    }
    if fields.get("kind") == "retract":
        given.setdefault("message", RETRACTED)  # nobody says anything by it
    if given.get("kind") == "pin":
        given.setdefault("message", UNPINNED)
    viewer = {name: fields[name] for name in ("client", "client_id") if fields.get(name)}
    platform = fields.get("platform") or DEFAULT_PLATFORM
    identity = identity_text(seq, platform, fields)
    said = {
        **given,
        "comment_id": identity,
        "seq": seq,
        "viewer": {**viewer, "platform": platform, "verified": verified},
        "timestamp": _moment(fields.get("timestamp"), seq),
        "frame_urls": _urls(fields.get("frame_urls", "")),
        "source": source,
    }
    try:
        comment = Comment.model_validate(said)  # by keywords it would take a seventh longer
    except ValidationError as error:
        raise UnreadableRecord(f"not a comment: {in_words(error)}") from error
    return Opened(identity, orjson.dumps(comment.timestamp)[1:-1].decode(), comment.streamer, comment)


def comment_id(seq: str, platform: str, fields: Mapping[str, str]) -> UUID:
    """The comment's identity: from the platform's message id where there is one, so that a message delivered twice
    is one comment; else from its entry in the stream. A retraction, whose message id is that of the comment it means,
    has one of its own."""
    return UUID(identity_text(seq, platform, fields))


def identity_text(seq: str, platform: str, fields: Mapping[str, str]) -> str:
    """The same as text."""
    if message_id := fields.get("message_id"):
        what = "retract" if fields.get("kind") == "retract" else "comment"
        return derived_text(f"{what}/{orjson.dumps([platform, fields.get('streamer'), message_id]).decode()}")
    return derived_text(f"comment/{seq}")


def ingest_stage(
    limits: Limits, *, store: Comments, sources: Sources, floods: Judge = UNBOUNDED
) -> Stage[Comment]:
    """The stage at the public door."""
    handler = partial(ingest, store=store, floods=floods)
    return Stage(
        name="ingest",
        consumes=Comment,
        emits="intent",
        limits=limits,
        batch=handler,
        door=comment_door(sources),
    )


def _retracted(comment: Comment) -> UUID | None:
    """The comment that is taken back; None where none is named."""
    if comment.kind != "retract" or comment.message_id is None:
        return None
    named = {"streamer": comment.streamer, "message_id": comment.message_id}
    return comment_id(comment.seq, comment.viewer.platform, named)


async def _retract(comments: Sequence[Comment], meant: Mapping[UUID, UUID], store: Comments) -> set[UUID]:
    return await store.retract(
        [
            Retraction(meant[comment.comment_id], comment.source, comment.viewer.verified)
            for comment in comments
            if comment.comment_id in meant
        ]
    )


def _flooded(reason: str | None) -> Outcome | None:
    return Drop(reason) if reason else None


def _outcome(comment: Comment, first_seq: str, meant: UUID | None, retracted: Collection[UUID]) -> Outcome:
    if first_seq != comment.seq:
        return Drop("duplicate", note={"first_seq": first_seq})
    if meant is not None and meant in retracted:
        return Emit(_release(comment, meant), to="order", note={"retracts": str(meant)})
    if comment.kind != "comment":
        return Drop(f"{comment.kind} recorded")
    return Emit(comment)


def _release(retract: Comment, meant: UUID) -> Cancellation:
    return Cancellation(
        comment_id=retract.comment_id,
        seq=retract.seq,
        streamer=retract.streamer,
        viewer=retract.viewer,
        timestamp=retract.timestamp,
        retracts=meant,
    )


def _text(raw: Mapping[bytes, bytes]) -> dict[str, str]:
    try:
        return {_NAMES.get(name) or name.decode(): value.decode() for name, value in raw.items()}
    except UnicodeDecodeError as error:
        raise UnreadableRecord(f"a field is not UTF-8 text: {error}") from error


def _moment(text: str | None, seq: str) -> datetime:
    """The platform's time: ISO 8601 (UTC where it names no zone) or epoch seconds or milliseconds; without one, the
    time at which Redis took the entry."""
    if not text:
        try:
            return datetime.fromtimestamp(int(seq.split("-")[0]) / 1000, UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise UnreadableRecord(f"the entry's id {seq} is no time: {error}") from error
    try:
        moment = _TIMESTAMP.validate_python(text)
    except ValidationError as error:
        raise UnreadableRecord(f"not a comment: {in_words(error, 'timestamp')}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _urls(text: str) -> Sequence[Any]:
    """Frame URLs: a JSON list, or separated by white space."""
    if not text.lstrip().startswith("["):
        return tuple(text.split())
    try:
        urls: Sequence[Any] = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UnreadableRecord(f"not a comment: frame_urls: {error}") from error
    return tuple(urls)
