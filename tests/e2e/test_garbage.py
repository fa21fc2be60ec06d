"""Garbage in a stream ends as a dead letter, and what lies around it goes through."""

from __future__ import annotations

import os
from collections.abc import Mapping
from random import Random

import asyncpg
import orjson
import pytest

from pipeline.engines.redis.dead_letters import Listed
from pipeline.envelope import Envelope, traceparent
from stages.demo.house import STAGES
from tests.e2e.shop import MAYA, Shop, identity, until
from tests.shell import tiktoksales

BUY = "OMG I love this jacket! I want to buy it now!"
NOBODY = "00000000-0000-5000-8000-000000000000"
RECORDS = {
    "intent": "Comment",
    "vision": "ClassifiedComment",
    "order": "MatchedComment",
    "payment": "PlacedOrder",
    "notify": "PaidOrder",
    "events": "EndState",
}

Fields = Mapping[bytes, bytes]


def envelope(**changed: bytes | None) -> Fields:
    """An entry that is right but for the record, with fields changed or (None) left out."""
    parts = iter(Envelope(
        id=NOBODY, seq="1-0", at="2026-01-01T00:00:00+00:00", trace=traceparent(NOBODY), hops=b"[]", data=b"{}",
    ).fields())  # fmt: skip
    fields = {
        str(name).encode(): value.encode() if isinstance(value, str) else value
        for name, value in zip(parts, parts, strict=True)
    }
    for name, value in changed.items():
        fields.pop(name.encode())
        if value is not None:
            fields[name.encode()] = value
    return fields


def garbage(kind: str) -> list[tuple[Fields, str]]:
    """Entries for the stream of a stage that reads records of this kind, each with a part of the reason."""
    dice = Random(20260101)
    wrong_types = {"comment_id": 5, "seq": [], "streamer": {}, "viewer": "ana", "timestamp": True}
    return [
        ({dice.randbytes(8): dice.randbytes(64), b"\xff": b"\x00"}, "no sensible schema version"),
        (envelope(v=b"banana"), "no sensible schema version"),
        (envelope(v=b"9999"), "no sensible schema version"),
        (envelope(v=b"-1"), "no sensible schema version"),
        (envelope(d=None), "no field 'd'"),
        (envelope(id=None), "no field 'id'"),
        (envelope(at=b"\xc3\x28"), "not UTF-8"),
        (envelope(hops=b"7"), "hops are not a list"),
        (envelope(hops=b"["), "hops are not JSON"),
        (envelope(d=dice.randbytes(200)), "not JSON"),
        (envelope(d=b"null"), f"not a {kind}"),
        (envelope(d=b"[1, 2]"), f"not a {kind}"),
        (envelope(d=b"{}"), f"not a {kind}"),
        (envelope(d=orjson.dumps(wrong_types)), f"not a {kind}"),
    ]


PUBLIC_GARBAGE: list[tuple[Fields, str]] = [
    ({b"\xff\xfe": b"\x80\x81"}, "not UTF-8"),
    ({b"noise": b"x" * 100_000}, "streamer"),
    ({b"streamer": b"maya.closet", b"message": b"who wrote this?"}, "viewer.client"),
    ({b"streamer": b"maya.closet", b"client": b"muette", b"message": b""}, "message"),
    ({b"streamer": b"maya.closet", b"client": b"ana", b"message": b"mu " * 1000}, "message"),
    ({b"streamer": b"maya.closet", b"client": b"ana", b"message": b"null\x00byte"}, "NUL"),
    ({b"streamer": b"maya.closet", b"client": b"ana", b"message": b"hi", b"kind": b"shout"}, "kind"),
    (
        {b"streamer": b"maya.closet", b"client": b"ana", b"message": b"hi", b"timestamp": b"half past never"},
        "timestamp",
    ),
    (
        {b"streamer": b"maya.closet", b"client": b"ana", b"message": b"hi", b"frame_urls": b"[1, {}]"},
        "frame_urls",
    ),
]


@pytest.mark.parametrize("stream", ["comments_stream", *RECORDS])
async def test_garbage_is_dead_lettered_and_good_entries_go_through(shop: Shop, stream: str) -> None:
    rubbish = PUBLIC_GARBAGE if stream == "comments_stream" else garbage(RECORDS[stream])
    before = {listed.id for listed in await shop.dead()}
    good = []
    for fields, _ in rubbish:
        good.append(shop.fields("This is so cute! 💕"))
        await shop.post(good[-1])
        parts = [part for pair in fields.items() for part in pair]
        await shop.wiring.redis.execute_command("XADD", shop.wiring.keys.stream(stream, 0), "*", *parts)
    good.append(shop.fields(BUY))
    await shop.post(good[-1])

    async def all_dead() -> list[Listed]:
        dead = [listed for listed in await shop.dead() if listed.id not in before]
        return dead if len(dead) >= len(rubbish) else []

    dead = await until(all_dead, f"{len(rubbish)} dead letters have come from {stream}")
    for (fields, reason), listed in zip(rubbish, dead, strict=True):
        assert listed.letter.stream == stream
        assert reason in listed.letter.reason
        assert listed.letter.error == "UnreadableRecord"
        assert listed.letter.raw == fields
    for comment in good[:-1]:
        assert (await shop.end_of(identity(comment)))["reason"] == "feedback"
    assert (await shop.end_of(identity(good[-1])))["outcome"] == "done"


@pytest.mark.parametrize("stage", STAGES)
async def test_garbage_has_an_end_state_with_its_reason(shop: Shop, stage: str) -> None:
    stream = "comments_stream" if stage == "ingest" else f"{stage}:{{0}}"
    entry_id: bytes = await shop.wiring.redis.execute_command("XADD", stream, "*", "rubbish", os.urandom(8))

    async def ended() -> list[asyncpg.Record]:
        query = "select stage, outcome, reason from end_states where seq = $1"
        return await shop.rows(query, entry_id.decode())

    [end] = await until(ended, f"the garbage of {stage} has an end state")
    assert (end["stage"], end["outcome"]) == (stage, "rejected")
    assert end["reason"]


async def test_a_redriven_dead_letter_goes_through_once_its_cause_is_gone(shop: Shop) -> None:
    closed, opened = (
        "alter table orders add constraint shop_is_closed check (streamer <> 'maya.closet') not valid",
        "alter table orders drop constraint shop_is_closed",
    )
    shop.house.kill_process("order")
    shop.house.start_process("order", max_attempts=1)
    await by_owner(shop, closed)
    try:
        fields = shop.fields(BUY)
        await shop.post(fields)
        end = await shop.end_of(identity(fields))
    finally:
        await by_owner(shop, opened)
    assert (end["stage"], end["outcome"]) == ("order", "rejected")
    assert "shop_is_closed" in end["reason"]
    [dead] = [each for each in await shop.dead() if each.letter.comment_id == str(identity(fields))]
    assert (dead.letter.stage, dead.letter.error) == ("order", "CheckViolationError")

    assert dead.id in await run(shop, "dlq", "list", "--stage", "order")
    assert "shop_is_closed" in await run(shop, "dlq", "show", dead.id)
    assert "1 dead letter sent back." in await run(shop, "dlq", "redrive", dead.id)

    async def done() -> bool:
        return bool((await shop.end_of(identity(fields)))["outcome"] == "done")

    await until(done, "the redriven order is placed")
    order = await shop.row("select * from orders where comment_id = $1", identity(fields))
    assert (order["status"], order["streamer"]) == ("paid", MAYA)
    assert len(await shop.charges(order["order_number"])) == 1
    assert dead.id not in {each.id for each in await shop.dead()}
    shop.house.kill_process("order")
    shop.house.start_process("order")


async def by_owner(shop: Shop, statement: str) -> None:
    """Change a table, which the stages' user may not."""
    connection = await asyncpg.connect(shop.house.postgres.url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def run(shop: Shop, *arguments: str) -> str:
    """What the command prints; it must succeed."""
    said = await tiktoksales(*arguments, **shop.house.environment)
    assert said.status == 0, said.err
    return said.out
