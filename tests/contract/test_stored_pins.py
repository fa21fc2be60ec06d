"""What a host pinned last, as the public stream's stored entries have it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import uuid4

import pytest

from schemas.records import Comment, Kind, Viewer
from stages.adapters.database import Database
from stages.adapters.database.comments import Comments
from stages.adapters.database.pins import StoredPins
from stages.adapters.pins import FreshPins

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def entry(streamer: str, message: str, minutes: float, kind: Kind = "pin", seq: str = "5-1") -> Comment:
    return Comment(
        comment_id=uuid4(),
        seq=seq,
        streamer=streamer,
        viewer=Viewer(platform="tiktok", client=streamer),
        message=message,
        timestamp=NOON + timedelta(minutes=minutes),
        kind=kind,
    )


async def stored(database: Database, entries: Sequence[Comment]) -> StoredPins:
    await Comments(database).store(entries)
    return StoredPins(database)


@pytest.mark.parametrize(
    ("minutes", "sku"), [(-1, None), (0, "BAG"), (4, "BAG"), (5, "CAP"), (360, "CAP"), (366, None)]
)
async def test_the_latest_pin_up_to_a_moment_counts_for_six_hours(
    database: Database, minutes: float, sku: str | None
) -> None:
    pins = await stored(database, [entry("ana", "BAG", 0), entry("ana", "CAP", 5)])
    assert await pins.pinned("ana", NOON + timedelta(minutes=minutes)) == sku


async def test_only_pins_of_this_streamer_count(database: Database) -> None:
    others = [entry("cy", "HAT", 1, kind) for kind in get_args(Kind) if kind != "pin"]
    pins = await stored(database, [*others, entry("dee", "MUG", 1)])
    assert await pins.pinned("cy", NOON + timedelta(minutes=2)) is None
    assert await pins.pinned("dee", NOON + timedelta(minutes=2)) == "MUG"


async def test_of_two_pins_at_one_moment_the_later_entry_counts(database: Database) -> None:
    pins = await stored(database, [entry("eli", "SECOND", 0, seq="9-2"), entry("eli", "FIRST", 0, seq="9-1")])
    assert await pins.pinned("eli", NOON) == "SECOND"


class Counted:
    """A real answer, and how often it was asked for."""

    def __init__(self, pins: StoredPins) -> None:
        self._pins, self.asked = pins, 0

    async def pinned(self, streamer: str, at: datetime) -> str | None:
        self.asked += 1
        return await self._pins.pinned(streamer, at)


async def test_an_answer_serves_for_some_seconds_and_for_its_streamer_only(database: Database) -> None:
    counted = Counted(await stored(database, [entry("fay", "BAG", 0), entry("gus", "CAP", 0)]))
    now = [100.0]
    fresh = FreshPins(counted, clock=lambda: now[0], fresh_seconds=2)
    for second in (0, 1):
        assert await fresh.pinned("fay", NOON + timedelta(seconds=second)) == "BAG"
    assert counted.asked == 1
    assert await fresh.pinned("gus", NOON) == "CAP"
    await stored(database, [entry("fay", "CAP", 0.01)])
    assert await fresh.pinned("fay", NOON + timedelta(seconds=1)) == "BAG"
    now[0] += 2
    assert await fresh.pinned("fay", NOON + timedelta(seconds=1)) == "CAP"
    assert counted.asked == 3


async def test_a_comment_of_another_time_is_not_answered_with_today_s_pin(database: Database) -> None:
    fresh = FreshPins(await stored(database, [entry("hal", "BAG", 0)]), clock=lambda: 100.0)
    assert await fresh.pinned("hal", NOON) == "BAG"
    assert await fresh.pinned("hal", NOON - timedelta(hours=1)) is None
