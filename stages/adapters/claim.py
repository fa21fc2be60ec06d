"""What a claim says, read again where the streamer's catalog is at hand."""

from __future__ import annotations

from collections.abc import Collection

from schemas.records import ClassifiedComment
from stages.adapters.slots import Slots, parse_slots


def resolve_claim(comment: ClassifiedComment, codes: Collection[str]) -> Slots:
    """The slots of a comment under a streamer whose catalog has these claim codes.

    A code is given in the catalog's spelling; one that the catalog doesn't have is none, and its digits count no
    pieces. Without codes the slots are those that the comment has already.
    """
    if not codes:
        return Slots(comment.quantity, comment.variant, comment.code)
    return parse_slots(comment.message, codes=codes)
