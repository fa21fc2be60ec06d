"""What the benchmark kills at is passed: a point that nobody passes kills nobody, and shows nothing."""

from __future__ import annotations

from typing import cast

import pytest

from benchmarks.recovery import kill_points
from benchmarks.recovery.control import Victim
from benchmarks.recovery.kill_points import COMMENT_SENT, install
from pipeline.engines.redis import kept_connections
from pipeline.engines.redis.comment_log import CommentLog
from pipeline.engines.redis.offer import Offer, OfferBounds
from pipeline.engines.redis.streams import StageStream
from pipeline.settlement import Settled
from tests.contract.rig import KEYS, done, entry, rig_on, stage


class Spared:
    """Passes the points and lives."""

    def __init__(self) -> None:
        self.passed: dict[str, None] = {}

    def passes(self, point: str) -> None:
        self.passed[point] = None


@pytest.fixture
def spared(monkeypatch: pytest.MonkeyPatch) -> Spared:
    wrapped = [(StageStream, "settle"), (CommentLog, "_commit"), (kept_connections, "_answer")]
    for owner, method in (*wrapped, *kill_points.BEHIND.values()):
        monkeypatch.setattr(owner, method, getattr(owner, method))  # it is put back at the end
    victim = Spared()
    install(cast("Victim", victim))
    return victim


async def test_a_comment_and_a_settle_pass_the_points_between_command_and_reply(
    redis_url: str, spared: Spared
) -> None:
    async with rig_on(redis_url) as rig:
        await CommentLog(rig.redis, KEYS, OfferBounds(60)).append([Offer("a", {"message": "me"}, None)])
        assert list(spared.passed) == [COMMENT_SENT]
        stream = rig.stream(stage("intent", done), "one")
        await stream.open()
        await rig.append("intent", *entry(1))
        [delivery] = await stream.read(1, 10)
        assert list(spared.passed) == [COMMENT_SENT]  # reading is no writing
        await stream.settle([Settled(delivery.entry_id, ())])
    assert list(spared.passed) == [
        COMMENT_SENT,
        "before settle of intent",
        "settle of intent sent, reply unread",
    ]
