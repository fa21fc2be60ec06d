"""Redis loses everything in the middle of a show, and a replay from the database makes it good."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.e2e.load import Load
from tests.e2e.shop import Shop, until

pytestmark = pytest.mark.timeout(300)

TABLES = (
    "chat_messages", "product_matches", "orders", "payment_notifications", "commissions", "end_states", "outbox",
    "product_embeddings",
)  # fmt: skip
FEWEST_BEFORE = 3  # orders that came through before Redis was emptied


async def replay(shop: Shop, *options: str) -> dict[str, Any]:
    """What `tiktoksales replay --json` says of the house's data."""
    given = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stages", "replay", "--json", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=shop.house.folder,
        env={**given, **shop.house.environment, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    said, log = await process.communicate()
    assert process.returncode == 0, log.decode()
    summary: dict[str, Any] = orjson.loads(said)
    return summary


async def state(shop: Shop) -> dict[str, Any]:
    """Everything that a replay could have changed."""
    counts = {
        table: (await shop.row(f"select count(*) as n, max(xmin::text::bigint) as x from {table}"))  # noqa: S608
        for table in TABLES
    }
    keys: Sequence[bytes] = await shop.wiring.redis.execute_command("KEYS", "*replay*")
    return {"rows": counts, "ledger": await shop.ledger(), "keys": keys, "dead": await shop.dead()}


async def emptied_in_the_middle(shop: Shop) -> Load:
    """A load of which some orders came through; then vision stood still, and Redis lost all that waited."""
    load = await Load.cut(shop)
    sending = asyncio.create_task(load.send())
    mine = f"{load.run}%"

    async def ordered() -> bool:
        query = "select from orders as o join chat_messages as m on m.id = o.comment_id where m.message_id like $1"
        return len(await shop.rows(query, mine)) >= FEWEST_BEFORE

    async def judged() -> bool:
        query = "select from chat_messages where message_id like $1 and nlp_intent is not null"
        return len(await shop.rows(query, mine)) == len(load.lines)

    await until(ordered, "the first orders are placed")
    shop.house.kill_process("vision")
    await sending
    await until(judged, "every comment is judged")
    await shop.wiring.redis.flushall()
    shop.house.start_process("vision")
    return replace(load, dead=[])


async def test_a_redis_that_lost_everything_is_made_good_from_the_database(shop: Shop) -> None:
    load = await emptied_in_the_middle(shop)
    unended = (
        "select from chat_messages as m where not exists "
        "(select from end_states as e where e.comment_id = m.id and e.seq = m.seq)"
    )
    assert await shop.rows(unended)
    summary = await replay(shop, "--from-database")
    assert summary["fed"] > 0
    assert (summary["unfinished"], summary["dead_lettered"], summary["too_old"]) == (0, 0, 0)
    assert await shop.rows(unended) == []
    await load.settled()
    await load.check()

    before = await state(shop)
    again = await replay(shop, "--from-database")
    assert (again["fed"], again["orders"], again["skipped"]) == (0, 0, again["read"])
    assert await state(shop) == before
    assert before["keys"] == []

    await check_shadow(shop, load)


async def check_shadow(shop: Shop, load: Load) -> None:
    """A shadow replay finds what was altered since, and nothing else."""
    mine = f"{load.run}%"
    of_load = "comment_id in (select id from chat_messages where message_id like $1)"
    ordered = await shop.row(f"select * from orders where {of_load} order by order_number limit 1", mine)  # noqa: S608
    other = await shop.row("select id from products where id <> $1 limit 1", ordered["product_id"])
    dropped = await shop.row(
        f"select * from end_states where {of_load} and reason = 'feedback' limit 1",  # noqa: S608
        mine,
    )
    await shop.rows("update orders set product_id = $2 where id = $1", ordered["id"], other["id"])
    await shop.rows(
        "update end_states set stage = 'order', reason = 'sold out' where comment_id = $1",
        dropped["comment_id"],
    )
    await shop.rows("update chat_messages set nlp_intent = 'buy' where id = $1", dropped["comment_id"])
    first = await shop.row(
        "select min(seq_rank) >> 20 as ms from chat_messages where message_id like $1", mine
    )
    before = await state(shop)
    begins = (await shop.row("select to_timestamp($1::bigint / 1000.0) as at", first["ms"]))["at"]
    found = await replay(shop, "--shadow", "--from-database", "--from", begins.isoformat())
    assert await state(shop) == before
    assert {name: found[name] for name in ("comments", "newly", "no_longer", "other_product")} == {
        "comments": len(load.lines), "newly": 0, "no_longer": 1, "other_product": 1,
    }  # fmt: skip
    assert {row["comment_id"]: row["change"] for row in found["rows"] if row["change"] != "intent"} == {
        str(ordered["comment_id"]): "other_product",
        str(dropped["comment_id"]): "no_longer",
    }
