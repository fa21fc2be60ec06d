"""`replay` where the live run is on Kafka: history is read there, the run itself is in Redis while it lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from pipeline.engines.kafka.engine import KafkaEngine, open_kafka
from pipeline.engines.kafka.history import KafkaHistory
from pipeline.engines.kafka.message import partition_of_id
from pipeline.engines.kafka.producer import Message
from pipeline.replay import Span
from pipeline.stage import PUBLIC_STREAM
from stages.replay.repair import repair
from stages.replay.request import Request
from stages.replay.shadow import compare
from stages.settings import ShopSettings
from tests.contract.kafka_rig import settings_on
from tests.contract.past_shop import EVER, PastShop
from tests.kafka_broker import KafkaBroker


@dataclass
class Moved:
    """A shop whose live run is on Kafka."""

    shop: PastShop
    settings: ShopSettings
    kafka: KafkaEngine

    async def move(self) -> None:
        """Take what lies in Redis' public stream to Kafka's."""
        stream = self.shop.wiring.keys.comments
        redis = self.shop.wiring.redis
        for _, fields in await redis.execute_command("XRANGE", stream, "-", "+"):
            texts = {name.decode(): text.decode() for name, text in fields.items()}
            await self.kafka.appender.comment(texts)
        await redis.execute_command("DEL", stream)


@pytest.fixture
async def moved(shop: PastShop, kafka_broker: KafkaBroker) -> AsyncIterator[Moved]:
    on_kafka = settings_on(kafka_broker, partitions=3)
    names = ("engine", "kafka_url", "key_prefix", "lease_seconds")
    settings = shop.settings.model_copy(update={name: getattr(on_kafka, name) for name in names})
    async with open_kafka(settings) as kafka:
        yield Moved(shop, settings, kafka)


async def test_what_has_no_end_is_brought_to_one_and_what_fails_lies_among_kafkas_dead_letters(
    moved: Moved,
) -> None:
    buy = await moved.shop.past_comment("I buy it", minutes=10)
    await moved.move()
    garbage = Message(moved.kafka.names.stream(PUBLIC_STREAM), 2, b"", b"\xff no JSON")
    await moved.kafka.producer.send(garbage)
    gauge = await repair(moved.settings, Request(span=EVER), "test", nullcontext)
    assert (gauge.summary()["read"], gauge.summary()["fed"]) == (2, 2)
    assert (await moved.shop.ends())[buy] == ("notify", "done", "")
    [letter] = [each.letter async for each in moved.kafka.dead_letters.all()]
    assert (letter.stage, letter.stream, letter.raw) == ("ingest", PUBLIC_STREAM, {b"d": b"\xff no JSON"})
    assert await moved.shop.dead() == []


async def test_a_shadow_replay_reads_kafka_too(moved: Moved) -> None:
    await moved.shop.past_comment("I buy it", minutes=10)
    await moved.move()
    comparison = await compare(moved.settings, Request(span=EVER), nullcontext)
    assert comparison.comments == 1


async def test_history_is_in_the_order_of_the_ids_over_all_partitions_in_pages(moved: Moved) -> None:
    seqs = [await moved.kafka.appender.comment({"streamer": f"s{number % 7}"}) for number in range(40)]
    assert len({partition_of_id(seq) for seq in seqs}) == 3
    history = KafkaHistory(moved.kafka.look, moved.kafka.offsets, moved.kafka.names, page=4)
    first, last = (int(seq.partition("-")[0]) for seq in (seqs[0], seqs[-1]))
    read = [entry.seq async for page in history.pages(Span(first, last + 1)) for entry in page]
    assert read == sorted(seqs, key=lambda seq: tuple(int(part) for part in seq.split("-")))
    assert await history.bounds(EVER) == Span(first, last + 1)
    assert await history.bounds(Span(0, first)) is None
