"""What the tests of every engine work with: a record, its entry, stages with handlers given by the test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pipeline.decision import derived_id
from pipeline.envelope import Envelope, traceparent
from pipeline.stage import Emit, Limits, Outcome, Stage
from schemas.codec import encode
from schemas.records import Record


class Item(Record):
    """The record of these tests."""

    number: int


Handler = Callable[[Any], Awaitable[Outcome]]


def limits(**given: Any) -> Limits:
    """Short backoffs, and whatever is given."""
    return Limits(**{"timeout_seconds": 5.0, "backoff_seconds": 0.01, "backoff_cap_seconds": 0.05, **given})


def stage(name: str, handler: Handler, *, emits: str | None = None, **given: Any) -> Stage[Item]:
    """A stage of single records; `given` are limits."""
    return Stage(name=name, consumes=Item, emits=emits, limits=limits(**given), one=handler)


def envelope(number: int) -> Envelope:
    """The envelope of a good entry."""
    comment_id = str(derived_id(f"item/{number}"))
    return Envelope(
        id=comment_id, seq=f"{number + 1}-0", at="2026-01-01T00:00:00+00:00", trace=traceparent(comment_id),
        hops=b"[]", data=encode(Item(number=number)),
    )  # fmt: skip


def entry(number: int) -> tuple[str | bytes, ...]:
    """A good entry, as names and values in turn."""
    return envelope(number).fields()


async def done(item: Item) -> Outcome:
    """A handler that is content."""
    return Emit(item)
