"""Comments of a platform come into the stream once each, whatever happens to its connection, or to ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.testing import VirtualClock
from stages.connectors.away import Away, Refused
from stages.connectors.connecting import Connector, Rhythm
from stages.connectors.link import Link, run_connector
from stages.connectors.metrics import KINDS_LIMIT
from stages.connectors.redis_memory import RedisMemory
from stages.connectors.source import Checkpoint, Connected, Event, Ignored, Source
from stages.connectors.stream_outlet import StreamOutlet
from stages.settings import MissingSetting, ShopSettings
from stages.sources import Sources
from tests.contract.connected import pushed, until_pushed
from tests.contract.platform import SAID_AT, STREAMER, Lasts, Platform, said
from tests.contract.rig import Rig, rig_on
from tests.contract.troubled import TroubledValkey

SOURCES = Sources({"tiktok": "a key"}, frozenset({"tiktok"}))
LOST = Away("The connection was lost.")
FULL_JITTER = 1.0


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as rig:
        yield rig


def connector_of(source: Source, rig: Rig, *, pause_seconds: float = 0.001) -> Connector:
    clock = VirtualClock(SAID_AT)
    clock.advance(2)
    return Connector(
        source,
        StreamOutlet(rig.redis, Keys(), SOURCES, source.platform),
        RedisMemory(rig.redis, Keys(), source.platform, source.streamer, clock=clock),
        now=clock.utc_now,
        random=lambda: FULL_JITTER,
        rhythm=Rhythm(base_seconds=pause_seconds, cap_seconds=pause_seconds),
    )


async def message_ids(rig: Rig) -> list[str]:
    return [entry["message_id"] for entry in await pushed(rig)]


def figure(name: str, **labels: str) -> float:
    whose = {"platform": "tiktok", "streamer": STREAMER, **labels}
    return REGISTRY.get_sample_value(f"tiktoksales_connector_{name}", whose) or 0.0


async def test_what_a_platform_repeats_at_each_connect_goes_no_further(rig: Rig) -> None:
    before = figure("duplicates_total")
    platform = Platform(
        [Connected(), said("1"), said("2"), said("3"), LOST],
        [LOST],
        [Connected(), said("2"), said("3"), said("4"), said("4")],
    )
    await connector_of(platform, rig).run()
    assert await message_ids(rig) == ["1", "2", "3", "4"]
    assert figure("duplicates_total") - before == 3


async def test_a_new_process_knows_what_the_one_before_it_pushed(rig: Rig) -> None:
    await connector_of(Platform([said("1"), said("2")]), rig).run()
    await connector_of(Platform([said("1"), said("2"), said("3")]), rig).run()
    assert await message_ids(rig) == ["1", "2", "3"]


async def test_a_retraction_is_not_taken_for_the_comment_it_means(rig: Rig) -> None:
    await connector_of(Platform([said("1"), said("1", kind="retract"), said("1", kind="retract")]), rig).run()
    assert [entry["kind"] for entry in await pushed(rig)] == ["comment", "retract"]


async def test_comments_are_signed_by_their_platform(rig: Rig) -> None:
    await connector_of(Platform([said("1")]), rig).run()
    [entry] = await pushed(rig)
    assert SOURCES.vouch(entry) == ("tiktok", True)
    assert (entry["timestamp"], entry["client_id"]) == (SAID_AT.isoformat(), "69379")


async def test_reading_goes_on_from_the_last_checkpoint_that_was_pushed(rig: Rig) -> None:
    await connector_of(Platform([said("1"), Checkpoint("page 2"), said("2")]), rig).run()
    later = Platform([said("3")])
    await connector_of(later, rig).run()
    assert later.sinces == [Checkpoint("page 2")]


async def test_the_figures_tell_state_lag_and_what_was_left_out(rig: Rig) -> None:
    before = figure("ignored_total", kind="gift")
    await connector_of(Platform([Connected(), Ignored("gift"), Ignored("gift"), said("1")]), rig).run()
    assert figure("ignored_total", kind="gift") - before == 2
    assert figure("lag_seconds") == pytest.approx(2)
    assert REGISTRY.get_sample_value(
        "tiktoksales_connector_state",
        {"platform": "tiktok", "streamer": STREAMER, "tiktoksales_connector_state": "ended"},
    )


async def test_kinds_without_end_share_one_figure(rig: Rig) -> None:
    kinds = [Ignored(f"made up {number}") for number in range(KINDS_LIMIT + 5)]
    await connector_of(Platform(kinds), rig).run()
    assert figure("ignored_total", kind="other") == 5


async def test_what_nobody_but_people_can_mend_ends_the_connector(rig: Rig) -> None:
    platform = Platform([said("1"), Refused("There is no such account.")])
    with pytest.raises(Refused, match="no such account"):
        await connector_of(platform, rig).run()
    assert await message_ids(rig) == ["1"]


async def test_pauses_grow_while_connections_do_not_last_and_whoever_says_when_is_heard(rig: Rig) -> None:
    clock, pauses = VirtualClock(SAID_AT), [1.0, 2.0, 4.0, 31.0, 1.0, 2.0]

    async def sleep(seconds: float) -> None:
        assert seconds == pauses.pop(0)

    told = Away("Too many.", after=30)
    platform = Platform(
        [Connected(), LOST], [LOST], [LOST], [told], [Lasts(60), LOST], [LOST], [], clock=clock
    )
    connector = Connector(
        platform,
        StreamOutlet(rig.redis, Keys(), SOURCES, "tiktok"),
        RedisMemory(rig.redis, Keys(), "tiktok", STREAMER, clock=clock),
        now=clock.utc_now,
        random=lambda: FULL_JITTER,
        rhythm=Rhythm(base_seconds=1, cap_seconds=4, stable_seconds=60),
        sleep=sleep,
    )
    await connector.run()
    assert pauses == []


class Endless(Platform):
    """Goes on until its connection is let go of."""

    closed = False

    async def events(self, since: Checkpoint | None) -> AsyncGenerator[Event, None]:
        try:
            for number in range(10_000):
                yield said(str(number))
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_a_stopped_connector_pushes_what_it_has_read_and_lets_go(rig: Rig) -> None:
    endless = Endless()
    connector = connector_of(endless, rig)
    running = asyncio.create_task(connector.run())
    await until_pushed(rig, 200)
    connector.stop()
    async with asyncio.timeout(10):
        await running
    ids = await message_ids(rig)
    assert ids == [str(number) for number in range(len(ids))]
    assert len(ids) > 200
    assert endless.closed


async def test_a_door_that_is_away_slows_the_reading_down_and_costs_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    failures = figure("push_failures_total")
    with TroubledValkey(tmp_path_factory.mktemp("troubled")) as server:
        redis = connect(server.url)
        rig = Rig(server.url, redis)
        connector = connector_of(Endless(), rig, pause_seconds=0.05)
        running = asyncio.create_task(connector.run())
        await until_pushed(rig, 1_000)
        server.kill()

        async def noticed() -> bool:
            return figure("push_failures_total") > failures

        await rig.until(noticed)
        server.start()
        await redis.aclose()  # what it kept was cut off, which its next command would be told
        await until_pushed(rig, 10_000)
        connector.stop()
        await running
        ids = await message_ids(rig)
        # A transaction whose answer was lost is made again: the same ids, which ingest knows.
        assert list(dict.fromkeys(ids)) == [str(number) for number in range(10_000)]
        assert len(ids) <= 10_200
        await redis.aclose()


async def test_a_connector_that_is_told_of_no_door_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingSetting, match=r"REDIS_URL is not set: .*give --via"):
        await run_connector(ShopSettings(redis_url=""), Platform([said("1")]), Link())
    with pytest.raises(Refused, match="no address of a gateway"):
        await run_connector(ShopSettings(), Platform([said("1")]), Link("gateway", tmp_path / "memory"))
