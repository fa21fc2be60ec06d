"""A shop of the first version, stopped in the middle of a show, is migrated and goes on (see docs/upgrading.md)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from pipeline.embedded import Postgres
from stages.adapters.database.buyers import Buyer
from stages.adapters.database.ledger import Ledger
from stages.adapters.database.migrate import migrate
from stages.commands.privacy import seal_plain
from stages.running import open_agents
from stages.wiring import STAGES, Wiring
from tests.contract.past_shop import ANA, PHONE, FirstOnTheShelf, PastShop, Words, shop_settings
from tests.e2e.shop import until
from tests.fixtures_sandbox import Sandbox
from tests.fixtures_servers import execute_outside_transaction

LEFT_BEHIND = Path(__file__).parents[1] / "data" / "first_version"
OPENED = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNFINISHED = range(4, 11)  # the minutes after OPENED at which the comments came that had not ended
UNTIL_THE_LEASE_ENDS = 0.5


@pytest.fixture
def old_database(postgres: Postgres) -> str:
    """The database as the first version left it."""
    name = "first_version"
    execute_outside_transaction(postgres.url, sql.SQL("create database {}").format(sql.Identifier(name)))
    with psycopg.connect(postgres.database_url(name)) as connection:
        connection.execute((LEFT_BEHIND / "database.sql").read_bytes())
    return postgres.database_url(name)


@pytest.fixture
def old_redis(redis_url: str) -> str:
    """The streams as the first version left them."""
    with redis.Redis.from_url(redis_url) as client:
        client.response_callbacks.clear()  # nobody reads the answers
        for line in (LEFT_BEHIND / "streams.jsonl").read_text(encoding="utf-8").splitlines():
            client.execute_command(*json.loads(line))
    return redis_url


@pytest.fixture
async def upgraded(
    old_database: str, old_redis: str, own_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PastShop]:
    """The shop after its upgrade. The provider is another one than then, so that it is told of the card anew."""
    assert migrate(old_database)[0].startswith("0002")
    settings = shop_settings(tmp_path, old_redis, old_database, own_sandbox).model_copy(
        update={
            "key_prefix": "",
            "consumer_name": "shop-0",
            "lease_seconds": UNTIL_THE_LEASE_ENDS,
            "max_order_age_seconds": 1e9,
        }
    )
    assert await seal_plain(settings) > 0  # the second half of `tiktoksales migrate`
    monkeypatch.setattr("stages.wiring.load_classifier", lambda *_: Words())
    monkeypatch.setattr("stages.wiring.load_matcher", lambda *_: FirstOnTheShelf())
    async with Wiring.open(settings) as wiring:
        card = await wiring.payments.customer_with_card("bo", "pm_card_visa", "seed:bo")
        await wiring.buyers.put(Buyer("tiktok", "bo", "bo", PHONE, "sms", card.customer, card.payment_method))
        shop = PastShop(settings, wiring, own_sandbox, FirstOnTheShelf())
        for minute in UNFINISHED:
            shop.lay_frame(OPENED + timedelta(minutes=minute))
        yield shop


async def test_what_the_first_version_left_behind_is_finished_once(
    upgraded: PastShop, short_reads: None
) -> None:
    before = await upgraded.ends()
    async with open_agents(upgraded.settings, [*STAGES, "relay"]) as agents:
        tasks = [asyncio.create_task(agent.run()) for agent in agents]

        async def all_ended() -> bool:
            return len(await upgraded.ends()) == len(before) + len(UNFINISHED)

        await until(all_ended, "every comment has ended", seconds=30)
        for agent in agents:
            agent.stop()
        await asyncio.gather(*tasks)
    ends = await upgraded.ends()
    assert {ends[comment] for comment in ends.keys() - before.keys()} == {("notify", "done", "")}
    assert ends.items() >= before.items()
    assert len(await upgraded.dead()) == 1  # the nonsense of that time

    orders = await upgraded.rows("select order_number, status from orders order by order_number")
    assert [row["status"] for row in orders] == ["awaiting_payment", *["paid"] * 8]
    assert [row["stock"] for row in await upgraded.rows("select stock from products")] == [1]
    paid_then = {"ORD-20261123-00001", "ORD-20261123-00002", "ORD-20261123-00003"}
    charged = {row["order_number"]: len(upgraded.charges(row["order_number"])) for row in orders}
    assert charged == {number: int(number not in paid_then) for number in charged}
    told = await upgraded.rows("select phone from buyers where client_id = 'bo'")
    assert PHONE not in str(told)
    [balance] = await Ledger(upgraded.wiring.database).balances(ANA, datetime.now(UTC))
    assert balance.amount_minor == 8 * 800
