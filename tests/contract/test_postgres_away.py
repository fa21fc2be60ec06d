"""A worker that starts while Postgres can't be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from pipeline.embedded.credentials import free_port
from stages.adapters.database import DatabaseRefused
from stages.running import open_agents
from stages.settings import ShopSettings
from tests.contract.healthy import healthy_settings

ENOUGH = 4  # tries


@pytest.fixture
def settings(redis_url: str, new_database: Callable[[], str], tmp_path: Path) -> tuple[ShopSettings, str]:
    """A shop's, and the database's URL for its owner."""
    url = new_database()
    return ShopSettings(**healthy_settings(redis_url, url, tmp_path)), url


def admit(owner_url: str, connections: int) -> None:
    """How many connections the database takes, the owner's apart."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(f"alter database {owner.info.dbname} connection limit {connections}")


async def tried(logs: list[MutableMapping[str, Any]], opening: asyncio.Task[Any]) -> None:
    """Wait until Postgres was asked for ENOUGH times."""
    async with asyncio.timeout(20):
        while sum(line["event"] == "Postgres is away; trying again" for line in logs) < ENOUGH:
            assert not opening.done()
            await asyncio.sleep(0.01)


async def test_it_waits_for_postgres_as_it_does_for_redis(settings: tuple[ShopSettings, str]) -> None:
    shop, owner_url = settings
    async with AsyncExitStack() as stack:
        with capture_logs() as logs:
            admit(owner_url, 0)
            opening = asyncio.create_task(stack.enter_async_context(open_agents(shop, ["relay"])))
            await tried(logs, opening)
        admit(owner_url, -1)
        assert len(await opening) == 1


async def test_it_waits_while_nobody_listens_there(settings: tuple[ShopSettings, str]) -> None:
    away = settings[0].model_copy(
        update={"database_url": f"postgresql://me:secret@127.0.0.1:{free_port()}/shop"}
    )
    async with AsyncExitStack() as stack:
        with capture_logs() as logs:
            opening = asyncio.create_task(stack.enter_async_context(open_agents(away, ["relay"])))
            await tried(logs, opening)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
    assert "secret" not in repr(logs)


async def test_a_password_that_is_wrong_is_said_at_once(settings: tuple[ShopSettings, str]) -> None:
    shop, owner_url = settings
    with psycopg.connect(owner_url) as owner:
        place = f"{owner.info.host}:{owner.info.port}/{owner.info.dbname}"
    wrong = shop.model_copy(update={"database_url": f"postgresql://postgres:wrong@{place}"})
    with pytest.raises(DatabaseRefused):
        async with open_agents(wrong, ["relay"]):
            pass
