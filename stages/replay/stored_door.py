"""The door of a run that is fed from the database: its entries are comments that were taken in before."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.stage import Door, Opened
from schemas.codec import UnreadableRecord, decode
from schemas.records import Comment
from stages.adapters.database.history import STORED


def stored_door() -> Door[Comment]:
    """Takes stored comments as they are, `verified` included: who signed them was checked when they came, and only
    the replay writes to its run. Through ingest, not past it, so that each keeps its place in the order."""
    return Door(opens=open_stored)


def open_stored(seq: str, raw: Mapping[bytes, bytes]) -> Opened[Comment]:
    """The comment in an entry's field STORED. Raises UnreadableRecord."""
    if STORED not in raw:
        raise UnreadableRecord("the entry holds no stored comment")
    comment = decode(Comment, raw[STORED])
    if comment.seq != seq:
        raise UnreadableRecord(f"the entry {seq} holds a comment that came as {comment.seq}")
    return Opened(str(comment.comment_id), comment.timestamp.isoformat(), comment.streamer, comment)
