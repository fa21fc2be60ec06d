"""A stage's process is killed in the middle of its work and started again: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from pipeline.engines.redis.packing import unpacked
from pipeline.envelope import by_name
from pipeline.stage import PUBLIC_STREAM
from stages.demo.house import STAGES
from tests.e2e.load import Load
from tests.e2e.shop import PATIENCE_SECONDS, Shop, stream_of, until

pytestmark = pytest.mark.timeout(300)

_EFFECT_SECONDS = 3.0
_PAUSE_MS = 30_000
_ACT = {"stripe": "/v1/payment_intents", "twilio": "/2010-04-01"}  # where a card is charged, a message taken

# What each stage does in the database before it settles an entry: how many of these comments ($1, or of these
# entries of the public stream, $2) it has done it for.
EFFECTS = {
    "ingest": "select from chat_messages where seq = any($2)",
    "intent": "select from chat_messages where id = any($1) and nlp_intent is not null",
    "vision": "select from product_matches where comment_id = any($1)",
    "order": "select from orders where comment_id = any($1)",
    "payment": "select from orders where comment_id = any($1) and status <> 'placed'",
    "notify": """
        select from orders as o join payment_notifications as n on n.order_id = o.id
        where o.comment_id = any($1) and n.recipient = 'streamer' and n.status <> 'claimed'""",
    "projector": "select from end_states where seq = any($2)",
}

# What keeps it from that, asked again and again in one transaction. Intent writes to the rows that ingest has written.
_HOLDS = {
    "ingest": "lock table chat_messages in share mode",
    "intent": "select from chat_messages where nlp_intent is null for no key update skip locked",
    "vision": "lock table product_matches in share mode",
    "order": "lock table orders in share mode",
    "projector": "lock table end_states in share mode",
}


@asynccontextmanager
async def effects_held_up(shop: Shop, stage: str) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """Meanwhile the stage can't write to the database: sooner or later it has something in hand, and keeps it. What is
    yielded tells whether it has."""
    async with shop.wiring.database.transaction() as connection:

        async def is_caught() -> bool:
            if hold := _HOLDS.get(stage):
                await connection.execute(hold)
            return await shop.in_hand(stage) > 0

        yield is_caught


@asynccontextmanager
async def settles_held_up(shop: Shop) -> AsyncIterator[None]:
    """Meanwhile nobody can write to Redis: what is in hand stays in hand."""
    await shop.redis.execute_command("CLIENT PAUSE", _PAUSE_MS, "WRITE")
    try:
        yield
    finally:
        await shop.redis.execute_command("CLIENT UNPAUSE")


async def kill_with_entries_in_hand(shop: Shop, process: str, stage: str) -> None:
    """SIGKILL at a moment when the stage has entries in hand, however far it is with them."""

    async with effects_held_up(shop, stage) as is_caught:

        async def killed() -> bool:
            await until(is_caught, f"{stage} has entries in hand")
            async with settles_held_up(shop):
                if not await is_caught():
                    return False
                shop.house.kill_process(process)
                return await is_caught()

        await until(killed, f"{stage} is caught at work")


async def kill_between_effect_and_settle(shop: Shop, process: str, stage: str) -> None:
    """SIGKILL when the stage has done an entry's work but could not yet say so: it will be given out again."""

    async def effect() -> bool:
        comments, seqs = await pending(shop, stage)
        # Every statement gets both lists; a cast makes the one it doesn't use known to Postgres.
        query = f"with ids as (select $1::uuid[], $2::text[]) {EFFECTS[stage]}"
        return bool(await shop.rows(query, comments, seqs))

    async def killed() -> bool:
        # Held up one after the other: what it has in hand is done, and stays in hand.
        async with effects_held_up(shop, stage) as is_caught:
            await is_caught()
            if not await effect():
                await settles.aclose()  # not before: it could do all it has in between
                await until(is_caught, f"{stage} has entries in hand again")
                await settles.enter_async_context(settles_held_up(shop))
        deadline = time.monotonic() + _EFFECT_SECONDS
        while time.monotonic() < deadline:
            if await effect():
                shop.house.kill_process(process)
                return True
            await asyncio.sleep(0.01)
        return False

    async with AsyncExitStack() as settles:
        await until(killed, f"{stage} is caught between effect and settle", 2 * PATIENCE_SECONDS)


async def pending(shop: Shop, stage: str) -> tuple[list[str], list[str]]:
    """Comment ids and public entries of what the stage has in hand."""
    stream = stream_of(stage)
    rows = await shop.redis.execute_command(
        "XPENDING", shop.wiring.keys.stream(stream, 0), stage, "-", "+", 100
    )
    comments, seqs = [], []
    for entry_id in (row[0].decode() for row in rows):
        for _, raw in await shop.entries(stream, entry_id, entry_id):
            parts = [part for pair in raw.items() for part in pair]
            fields = raw if stream == PUBLIC_STREAM else by_name(unpacked(parts))
            seqs.append(fields[b"seq"].decode() if b"seq" in fields else entry_id)
            if b"id" in fields:
                comments.append(fields[b"id"].decode())
    return comments, seqs


async def kill_once_the_provider_has_acted(shop: Shop, process: str) -> None:
    """SIGKILL when Stripe has charged a card, or Twilio has taken a message, that the stage doesn't know of yet."""

    async def unknown() -> bool:
        ledger = await shop.ledger()
        if process == "payment":
            # Stripe's event may book the payment at once; the attempt is open until the stage has heard itself.
            asked = "select o.order_number as key from payment_attempts as a join orders as o on o.id = a.order_id"
            placed = await shop.rows(f"{asked} where a.status = 'open'")
            acts = {each["order"] for each in ledger["charges"]}
        else:
            placed = await shop.rows("select body as key from payment_notifications where status = 'claimed'")
            acts = {each["body"] for each in ledger["messages"]}
        return bool(acts & {row["key"] for row in placed})

    await until(unknown, f"a provider has acted for {process} and not answered yet")
    shop.house.kill_process(process)
    assert await unknown()


@pytest.mark.parametrize("stage", [*STAGES, "projector"])
async def test_a_stage_that_is_killed_twice_loses_and_doubles_nothing(shop: Shop, stage: str) -> None:
    process = "keepers" if stage == "projector" else stage
    provider = {"payment": "stripe", "notify": "twilio"}.get(stage)
    load = await Load.cut(shop)
    if provider:
        await shop.arm(provider, "timeout_after_success", path_prefix=_ACT[provider])
    sending = asyncio.create_task(load.send())
    if provider:
        await kill_once_the_provider_has_acted(shop, process)
    else:
        await kill_with_entries_in_hand(shop, process, stage)
    shop.house.start_process(process)
    await kill_between_effect_and_settle(shop, process, stage)
    shop.house.start_process(process)
    await sending
    await load.settled()
    await load.check()


async def test_a_gateway_that_is_killed_loses_and_doubles_nothing(shop: Shop) -> None:
    load = await Load.cut(shop)
    sending = asyncio.create_task(load.send())

    async def under_way() -> bool:
        return len(await load.taken()) > len(load.lines) / 3

    await until(under_way, "a third of the comments are taken")
    shop.house.kill_process("gateway")
    assert not sending.done()
    shop.house.start_process("gateway")
    await sending
    await load.settled()
    await load.check()
