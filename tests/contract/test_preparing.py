"""A worker whose stage prepares itself from a Postgres that has gone meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from pipeline.embedded import Postgres
from stages.adapters.database import Database, DatabaseUnavailable
from tests.contract.kafka_rig import KafkaRig, kafka_rig_on
from tests.contract.rig import Rig, rig_on
from tests.contract.scene import done, entry, stage
from tests.kafka_broker import KafkaBroker


@pytest.fixture(params=["redis", "kafka"])
async def rig(
    request: pytest.FixtureRequest, redis_url: str, kafka_broker: KafkaBroker, short_reads: None
) -> AsyncIterator[Rig | KafkaRig]:
    opened = rig_on(redis_url) if request.param == "redis" else kafka_rig_on(kafka_broker)
    async with opened as made:
        yield made


async def test_it_waits_until_postgres_is_back_and_works_then(
    rig: Rig | KafkaRig, own_postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    async with Database.opened(own_postgres.database_url("postgres")) as database:
        own_postgres.stop()
        with capture_logs() as logs:

            async def waits() -> bool:
                return sum("is away; trying again" in line["event"] for line in logs) >= 2

            await rig.append("first", *entry(1))
            rig.start(replace(stage("first", done, away=(DatabaseUnavailable,)), prepare=database.ping))
            await rig.until(waits)
        own_postgres.start()

        async def ended() -> bool:
            return len(await rig.ends()) == 1

        await rig.until(ended)
    assert "Traceback" not in caplog.text
