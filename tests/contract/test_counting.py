"""Shows counted by Faust from end states in Kafka, and counted on after a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest

from pipeline.decision import partition_of
from pipeline.engines.kafka.engine import open_kafka
from pipeline.engines.kafka.faust_app import new_app
from pipeline.engines.kafka.names import Names
from pipeline.engines.kafka.topics import topics_of
from pipeline.envelope import Envelope, traceparent
from pipeline.events import EndState
from pipeline.settings import RuntimeSettings
from pipeline.settlement import EVENTS, Append
from schemas.codec import encode
from stages.analytics.counting import Counting, changelog_of
from stages.analytics.windows import Window
from tests.kafka_broker import KafkaBroker
from tests.leaks import lying_in

pytestmark = pytest.mark.timeout(120)

PARTITIONS = 4
_prefixes = (f"counting{number}." for number in count())


class Wall:
    """What was put up last, by streamer."""

    def __init__(self) -> None:
        self.minutes: dict[str, Window] = {}
        self._changed = asyncio.Event()

    async def put_up(self, partition: int, shows: Mapping[str, tuple[Window, ...]]) -> None:
        self.minutes |= {streamer: windows[-1] for streamer, windows in shows.items()}
        self._changed.set()

    async def until(self, said: Callable[[dict[str, Window]], bool]) -> None:
        async with asyncio.timeout(60):
            while not said(self.minutes):
                self._changed.clear()
                await self._changed.wait()


def ended(streamer: str, number: int, *, intent: str = "none", asked: str = "") -> Append:
    now_ms = int(time.time() * 1000)
    comment, seq = uuid4(), f"{now_ms}-{number}"
    state = EndState(
        comment_id=comment, seq=seq, stage="intent", outcome="dropped", reason=intent, ended_ms=now_ms,
        hops=[["ingest", 1, 2, {}], ["intent", 3, 4, {"intent": intent}]], streamer=streamer,
        aside={"asked": asked} if asked else {},
    )  # fmt: skip
    fields = Envelope(
        id=str(comment), seq=seq, at="", trace=traceparent(str(comment)), hops=b"[]", data=encode(state)
    ).fields()
    return Append(EVENTS, partition_of(streamer, PARTITIONS), fields)


@pytest.fixture
def settings(kafka_broker: KafkaBroker) -> RuntimeSettings:
    prefix = next(_prefixes)
    kafka_broker.make([*topics_of(Names(prefix), {}, 1.0), changelog_of(Names(prefix))], PARTITIONS)
    return RuntimeSettings(
        engine="kafka",
        kafka_url=kafka_broker.url,
        partitions=PARTITIONS,
        key_prefix=prefix,
        lease_seconds=1.5,
    )


async def test_end_states_are_counted_once_also_after_a_restart(settings: RuntimeSettings) -> None:
    async with open_kafka(settings, stages={}, door="ingest") as kafka:
        first = [ended("maya", number) for number in range(5)]
        asked = [ended("ken", number, intent="question", asked="how much?") for number in range(3)]
        for append in [*first, *first, *asked]:
            await kafka.producer.append(append)
        await counted(settings, {"maya": 5, "ken": 3})
        await kafka.producer.append(first[0])
        await kafka.producer.append(ended("maya", 99))
        wall = await counted(settings, {"maya": 6, "ken": 3})
    assert wall.minutes["ken"].questions == (("how much?", 3),)


async def counted(settings: RuntimeSettings, comments: dict[str, int]) -> Wall:
    """Count until so many comments are, in a process' life of its own."""
    wall = Wall()
    counting = Counting(settings, wall, time.time, away=())
    running = asyncio.create_task(counting.run())
    try:
        await wall.until(lambda said: {who: window.comments for who, window in said.items()} == comments)
    finally:  # whoever counts on disturbs the tests that follow
        counting.stop()
        await running
    return wall


async def test_counting_leaves_nothing_in_the_working_directory(
    settings: RuntimeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_kafka(settings, stages={}, door="ingest") as kafka:
        await kafka.producer.append(ended("maya", 1))
        await counted(settings, {"maya": 1})
    assert lying_in(tmp_path) == set()


async def test_a_flow_that_runs_and_is_resumed_keeps_what_a_stream_was_given() -> None:
    app = new_app(RuntimeSettings(engine="kafka", kafka_url="kafka://localhost:9092"), "counting")
    given = app.FlowControlQueue(maxsize=0, clear_on_resume=True)
    app.flow_control.resume()
    given.put_nowait("an event")
    app.flow_control.resume()
    assert given.get_nowait() == "an event"
    given.put_nowait("from before the pause")
    app.flow_control.suspend()
    app.flow_control.resume()
    assert given.empty()
