"""The engines that the contract suite is run against, the shop whose past is replayed, and the payment provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from stages.adapters.database import Database
from stages.adapters.payments import StripePayments
from tests.contract.engine_rig import EngineRig
from tests.contract.healthy import healthy_settings
from tests.contract.kafka_rig import kafka_rig_on
from tests.contract.memory_rig import MemoryRig
from tests.contract.past_shop import PastShop, past_shop, shop_settings
from tests.contract.rig import rig_on
from tests.contract.unpaid_orders import stripe_of
from tests.contract.webhook_door import WebhookDoor
from tests.fixtures_sandbox import Sandbox
from tests.fixtures_servers import emptied
from tests.kafka_broker import KafkaBroker
from tests.redis_servers import SERVERS_HERE, Kind, Running


@pytest.fixture
def short_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that is told to stop first ends the read it is in: soon. The mock broker of Kafka holds an empty answer
    back for as long as it may, whatever comes meanwhile."""
    monkeypatch.setattr("pipeline.engines.redis.consumer.BLOCK_SECONDS", 0.1)
    monkeypatch.setattr("pipeline.engines.kafka.connection.FETCH_WAIT_MS", 20)


@pytest.fixture(params=[None, *SERVERS_HERE, KafkaBroker], ids=lambda kind: kind.name if kind else "memory")
async def engine(
    request: pytest.FixtureRequest,
    redis_server: Callable[[Kind], Running],
    short_reads: None,
) -> AsyncIterator[EngineRig]:
    """Each engine in turn, with nothing in it."""
    if request.param is KafkaBroker:
        async with kafka_rig_on(request.getfixturevalue("kafka_broker")) as kafka:
            yield kafka
    elif request.param is None:
        memory = MemoryRig()
        yield memory
        await memory.kill()
    else:
        async with rig_on(emptied(redis_server(request.param).url)) as rig:
            yield rig


@pytest.fixture
async def shop(
    redis_url: str,
    new_database: Callable[[], str],
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[PastShop]:
    """A shop of one test's own, whose replays end soon: a stage that is told to stop first ends the read it is in."""
    monkeypatch.setattr("pipeline.engines.redis.consumer.BLOCK_SECONDS", 0.1)
    async with past_shop(
        monkeypatch, shop_settings(tmp_path, redis_url, new_database(), sandbox), sandbox
    ) as shop:
        yield shop


@pytest.fixture(scope="module")
def owner_url(new_database: Callable[[], str]) -> str:
    """A database for all tests of a file, for its owner."""
    return new_database()


@pytest.fixture
def healthy(redis_url: str, owner_url: str, tmp_path: Path) -> dict[str, Any]:
    """The settings of a shop that lacks nothing."""
    return healthy_settings(redis_url, owner_url, tmp_path)


@pytest.fixture
async def payments(sandbox: Sandbox) -> AsyncIterator[StripePayments]:
    """The payment provider."""
    payments = stripe_of(sandbox)
    yield payments
    await payments.close()


@pytest.fixture
async def hasty(sandbox: Sandbox) -> AsyncIterator[StripePayments]:
    """The payment provider, who is given one second to answer."""
    payments = stripe_of(sandbox, timeout_seconds=1.0)
    yield payments
    await payments.close()


@pytest.fixture
async def door(database: Database, sandbox: Sandbox, payments: StripePayments) -> AsyncIterator[WebhookDoor]:
    """The door that the provider's events come in by."""
    door = WebhookDoor(database, sandbox, payments)
    yield door
    await door.close()
