"""The shop on a Redis Cluster: every stage and every keeper at work, its doors, and what people look at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from pipeline.cancellation import cancel
from pipeline.engines.redis.dead_letters import DeadLetters
from pipeline.engines.redis.newest_dead_letters import NewestDeadLetters
from pipeline.engines.redis.redriver import Redriver
from pipeline.masking import masked
from stages.adapters.database.catalog import Streamer
from stages.running import open_agents
from tests.contract.door import GIVEN, door_on
from tests.contract.past_shop import PastShop, past_shop, shop_settings
from tests.e2e.shop import until
from tests.fixtures_sandbox import Sandbox
from tests.fixtures_servers import emptied
from tests.redis_servers import Kind, Running
from tests.valkey_cluster import ValkeyCluster

ELSEWHERE = ("kenji", "casa")  # in other partitions than ana


@pytest.fixture
def cluster_url(redis_server: Callable[[Kind], Running]) -> str:
    """A cluster with nothing in it."""
    return emptied(redis_server(ValkeyCluster).url)


async def test_every_stage_and_every_keeper_works_there_and_none_complains(
    cluster_url: str,
    new_database: Callable[[], str],
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    short_reads: None,
) -> None:
    settings = shop_settings(tmp_path, cluster_url, new_database(), sandbox).model_copy(
        update={"partitions": 3}
    )
    async with past_shop(monkeypatch, settings, sandbox) as shop, open_agents(settings, []) as agents:
        for streamer in ELSEWHERE:
            await shop.wiring.catalog.put_streamer(Streamer(streamer, streamer, "USD"))
        with capture_logs() as logs:
            tasks = [asyncio.create_task(agent.run()) for agent in agents]
            comments = [await shop.past_comment("I buy it", minutes=20)]
            for minutes, streamer in enumerate(ELSEWHERE):
                comments.append(await shop.past_comment("so cute", minutes=10 - minutes, streamer=streamer))
            await until(lambda: have_ended(shop, comments), "all comments have ended")
            await shop.xadd(int(shop.ago(1).timestamp() * 1000), {"nonsense": "1"})
            await look_after_the_dead_letter(shop)
            for agent in agents:
                agent.stop()
            await asyncio.wait(tasks, timeout=10)
        assert [task.exception() for task in tasks] == [None] * len(tasks)
        complaints = [line for line in logs if line["log_level"] in ("warning", "error")]
        # The garbage dies, is sent back, and dies again.
        assert [(line["event"], line["stage"]) for line in complaints] == [("dead letter", "ingest")] * 2
        [row] = await shop.rows("select order_number from orders")
        assert len(shop.charges(row["order_number"])) == 1
        assert (await shop.repaired(from_database=True))["fed"] == 0
        await cancel(tasks)


async def test_the_gateway_takes_comments_and_keeps_its_limits_there(cluster_url: str) -> None:
    async with door_on(cluster_url, partitions=3, per_viewer="2/hour", per_key="9/hour") as door:
        answers = [await door.post(message_id=f"m-{number}") for number in (1, 1, 2, 3)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].json() == answers[1].json()
        sent = [{**GIVEN, "client": client} for client in ("bo", "cy", "di")]
        assert len((await door.http.post("/comments/batch", json=sent)).json()["results"]) == 3
        assert len(await door.entries()) == 5


def test_the_password_of_a_cluster_is_masked(cluster_url: str) -> None:
    password = cluster_url.split("@")[0].rpartition(":")[2]
    assert password not in masked(f"no answer from {cluster_url}")


async def have_ended(shop: PastShop, comments: Sequence[UUID]) -> bool:
    """Whether the database knows the ends of all these."""
    return set(comments) <= set(await shop.ends())


async def look_after_the_dead_letter(shop: PastShop) -> None:
    """See it in the console's list, send it back, and see it come again."""
    redis, keys = shop.wiring.redis, shop.wiring.keys
    newest = NewestDeadLetters(redis, keys, 3)

    async def lies_there() -> bool:
        return len(await newest.look()) == 1

    await until(lies_there, "the garbage is dead-lettered")
    [first] = await newest.look()
    await Redriver(redis, keys).redrive(first)

    async def came_again() -> bool:
        found = [listed.id async for listed in DeadLetters(redis, keys, 3).all()]
        return bool(found) and found != [first.id]

    await until(came_again, "the garbage is dead-lettered again")
    assert await DeadLetters(redis, keys, 3).delete(list(await newest.look())) == 1
