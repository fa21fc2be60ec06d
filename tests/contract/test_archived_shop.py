"""What the archive is to a shop: its past can be replayed, and a viewer forgotten, once the stream has let go of it."""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from pipeline.engines.redis.archive_mark import ArchiveMark
from stages.adapters.database.forgetting import Forgetting
from stages.archive.failure import NoArchive
from stages.archive.opened import archive_of, archiver_of, redaction_of
from stages.forgetting import Oblivion, Streams
from stages.replay.repair import repair
from stages.replay.request import Request
from stages.settings import ShopSettings
from stages.wiring import Wiring, utc_now
from tests.contract.past_shop import EVER, PastShop


@pytest.fixture
def archiving(shop: PastShop, tmp_path: Path) -> ShopSettings:
    """The shop's settings, with an archive of what is older than a second."""
    return shop.settings.model_copy(
        update={
            "archive_url": (tmp_path / "archive").as_uri(),
            "replay_seconds": 1.0,
            "archive_every_seconds": 1,
        }
    )


async def archive_and_trim(settings: ShopSettings) -> None:
    """Everything leaves the stream for the archive."""
    async with Wiring.open(settings) as wiring:
        archiver = archiver_of(wiring)
        while await archiver.round():
            pass
        mark = await ArchiveMark(wiring.redis, wiring.keys).read()
        assert mark is not None
        await wiring.redis.execute_command(
            "XTRIM", wiring.keys.comments, "MINID", "=", f"{mark[0]}-{mark[1]}"
        )
        assert await wiring.redis.xlen(wiring.keys.comments) == 0


async def test_replay_finishes_what_lies_in_the_archive_and_in_the_stream(
    shop: PastShop, archiving: ShopSettings
) -> None:
    archived = [await shop.past_comment("I buy the jacket", minutes=20 - number) for number in range(3)]
    await archive_and_trim(archiving)
    streamed = await shop.past_comment("nice one", minutes=5)
    gauge = await repair(archiving, Request(span=EVER), "test", nullcontext)
    assert gauge.summary()["fed"] == 4
    ends = await shop.ends()
    assert [ends[comment][0] for comment in archived] == ["notify"] * 3
    assert ends[streamed][0] == "intent"
    again = await repair(archiving, Request(span=EVER, streamer="ana"), "test", nullcontext)
    assert (again.summary()["fed"], again.summary()["skipped"]) == (0, 4)


async def test_a_forgotten_viewer_is_forgotten_in_the_archive(
    shop: PastShop, archiving: ShopSettings, tmp_path: Path
) -> None:
    await shop.past_comment("mine", client="emma", client_id="69379", minutes=20)
    await shop.past_comment("mine too", client="bo", minutes=15)
    await repair(archiving, Request(span=EVER), "test", nullcontext)
    await archive_and_trim(archiving)
    async with Wiring.open(archiving) as wiring:
        streams = Streams(wiring.redis, wiring.keys, 1)
        redaction = await redaction_of(wiring)
        forgotten = await Oblivion(
            Forgetting(wiring.database), wiring.payments, streams, utc_now, redaction
        ).forget("emma")
        assert (forgotten.archived, forgotten.entries) == (1, 0)
        archive = archive_of(archiving)
        assert archive is not None
        stretches = await archive.stretches((0, 0), (int(time.time() * 1000), 0))
        left = [entry for stretch in stretches for entry in await archive.read(stretch)]
    assert [entry.fields.get(b"client") for entry in left] == [None, b"bo"]


async def test_nobody_is_forgotten_half_since_the_archive_was_not_named(
    shop: PastShop, archiving: ShopSettings
) -> None:
    await shop.past_comment("mine", client="emma")
    await archive_and_trim(archiving)
    async with Wiring.open(shop.settings) as wiring:
        with pytest.raises(NoArchive, match="ARCHIVE_URL"):
            await redaction_of(wiring)
