"""Records as a stage gets them, for its test."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from schemas.money import Money
from schemas.records import MatchedComment, Viewer


def claim(quantity: int = 1) -> MatchedComment:
    """What `order` and the stages before it are given: a viewer wants so many blue denim jackets."""
    return MatchedComment(
        comment_id=uuid4(),
        seq="1795388705057-0",
        streamer="maya.closet",
        viewer=Viewer(platform="tiktok", client="emma_r"),
        timestamp=datetime(2026, 11, 22, 20, 0, tzinfo=UTC),
        quantity=quantity,
        product_id=uuid4(),
        product_name="Blue Denim Jacket",
        score=0.9,
        price=Money(amount_minor=7999, currency="USD"),
    )
