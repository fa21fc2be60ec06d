"""Plain replay: what has no end is brought to one, and nothing else is touched."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from pipeline.engines.redis.isolated_run import RunRegister, run_keys
from stages.adapters.database.history import StoredComments
from stages.replay.failure import ReplayInterrupted
from stages.replay.gauge import Gauge
from stages.replay.repair import repair
from stages.replay.request import Request
from tests.contract.past_shop import EVER, PastShop

DONE = ("notify", "done", "")


async def stored(shop: PastShop, message: str, *, minutes: float = 10, **fields: object) -> UUID:
    """A comment that stands in the database and nowhere else."""
    given = {"kind": "comment", "verified": True, "client": "bo", **fields}
    at = shop.ago(minutes)
    shop.lay_frame(at)
    key = uuid4()
    await shop.change(
        "insert into chat_messages (id, seq, streamer, client, client_id, platform, message, sent_at, source,"
        " verified, kind) values ($1, $2, 'ana', $3, $3, 'tiktok', $4, $5, 'gateway', $6, $7)",
        key, f"{int(at.timestamp() * 1000)}-0", given["client"], message, at, given["verified"], given["kind"],
    )  # fmt: skip
    return key


async def end(shop: PastShop, comment: UUID, stage: str = "notify", outcome: str = "done") -> None:
    """Give a stored comment an end state."""
    await shop.change(
        "insert into end_states (comment_id, seq, stage, outcome, ended_at)"
        " select id, seq, $2, $3, now() from chat_messages where id = $1",
        comment, stage, outcome,
    )  # fmt: skip


async def order_number(shop: PastShop, comment: UUID) -> str:
    [row] = await shop.rows("select order_number from orders where comment_id = $1", comment)
    return str(row["order_number"])


async def test_what_has_no_end_is_brought_to_one_and_what_has_is_skipped(shop: PastShop) -> None:
    praise = await shop.past_comment("so cute", minutes=12)
    first = await shop.repaired()
    buy = await shop.past_comment("I buy it", minutes=10)
    summary = await shop.repaired()
    assert (first["read"], first["skipped"], first["fed"]) == (1, 0, 1)
    assert summary == {
        "read": 2, "skipped": 1, "fed": 1, "orders": 0, "finished": {"done": 1}, "too_old": 0, "dead_lettered": 0,
        "unfinished": 0,
    }  # fmt: skip
    assert await shop.ends() == {praise: ("intent", "dropped", "feedback"), buy: DONE}
    number = await order_number(shop, buy)
    assert len(shop.charges(number)) == 1
    assert len(shop.messages(number)) == 1


@pytest.mark.parametrize("from_database", [False, True])
async def test_where_all_has_ended_no_model_is_loaded(
    shop: PastShop, monkeypatch: pytest.MonkeyPatch, from_database: bool
) -> None:
    await shop.past_comment("so cute")
    await shop.repaired()
    for model in ("load_classifier", "load_matcher"):
        monkeypatch.setattr(f"stages.wiring.{model}", refuse)
    summary = await shop.repaired("again", from_database=from_database)
    assert (summary["skipped"], summary["fed"]) == (1, 0)


def refuse(*_: object) -> None:
    raise AssertionError("A model is loaded that nobody needs.")


async def test_comments_keep_the_seq_under_which_they_came(shop: PastShop) -> None:
    buy = await shop.past_comment("I buy it")
    [entry] = await shop.wiring.redis.execute_command("XRANGE", shop.wiring.keys.comments, "-", "+")
    await shop.repaired()
    seq = entry[0].decode()
    assert [row["seq"] for row in await shop.rows("select seq from chat_messages where id = $1", buy)] == [
        seq
    ]
    assert [row["seq"] for row in await shop.rows("select seq from end_states")] == [seq]


async def test_replaying_twice_changes_nothing(shop: PastShop) -> None:
    await shop.past_comment("so cute", minutes=12)
    await shop.past_comment("I buy it", minutes=10)
    await shop.xadd(int(shop.ago(9).timestamp() * 1000), {"nonsense": "1"})
    await shop.xadd(int(shop.ago(8).timestamp() * 1000), {"nonsense": "1", "id": str(uuid4())})
    await shop.repaired()
    before = await shop.counts(), await shop.dump(), shop.sandbox.ledger()
    summary = await shop.repaired("again")
    assert (summary["read"], summary["skipped"], summary["fed"]) == (4, 4, 0)
    assert (await shop.counts(), await shop.dump(), shop.sandbox.ledger()) == before


async def test_only_the_streamers_comments_within_the_span_are_fed(shop: PastShop) -> None:
    await shop.past_comment("early", minutes=30)
    wanted = await shop.past_comment("so cute", minutes=20)
    await shop.past_comment("elsewhere", minutes=19, streamer="somebody.else")
    await shop.past_comment("late", minutes=5)
    span = type(EVER)(int(shop.ago(25).timestamp() * 1000), int(shop.ago(10).timestamp() * 1000))
    summary = await shop.repaired(span=span, streamer="ana")
    assert (summary["read"], summary["fed"]) == (1, 1)
    assert list(await shop.ends()) == [wanted]


async def test_a_claim_that_is_too_old_is_not_ordered(shop: PastShop) -> None:
    old = await shop.past_comment("I buy it", minutes=6 * 60 + 1)
    fresh = await shop.past_comment("I buy it", minutes=6 * 60 - 1)
    summary = await shop.repaired()
    assert await shop.ends() == {old: ("order", "dropped", "too old to order"), fresh: DONE}
    assert (summary["too_old"], summary["finished"]) == (1, {"done": 1, "dropped": 1})


async def test_an_order_that_stands_is_finished_whatever_its_age(shop: PastShop) -> None:
    buy = await shop.past_comment("I buy it", minutes=6 * 60 - 1)
    await shop.repaired()
    await shop.change("delete from end_states")
    await shop.change("delete from payment_notifications")
    strict = replace(shop, settings=shop.settings.model_copy(update={"max_order_age_seconds": 60.0}))
    assert (await strict.repaired("again"))["finished"] == {"done": 1}
    assert (await shop.ends())[buy] == DONE
    assert len(shop.charges(await order_number(shop, buy))) == 1


async def test_what_waits_for_a_retry_is_waited_for(shop: PastShop) -> None:
    shop.sandbox.arm("stripe", "unavailable", path_prefix="/v1/payment_intents")
    buy = await shop.past_comment("I buy it")
    assert (await shop.repaired())["finished"] == {"done": 1}
    assert len(shop.charges(await order_number(shop, buy))) == 1


async def test_partitions_are_fed_and_looked_after_one_by_one(shop: PastShop) -> None:
    parted = replace(shop, settings=shop.settings.model_copy(update={"partitions": 3}))
    streamers = ["ana", "b", "c", "d", "e", "f"]
    for number, streamer in enumerate(streamers):
        await shop.past_comment("so cute", minutes=20 - number, streamer=streamer)
    await shop.xadd(int(shop.ago(5).timestamp() * 1000), {"nonsense": "1"})
    before = await shop.dump()
    summary = await parted.repaired()
    assert (summary["finished"], summary["dead_lettered"]) == ({"dropped": 6, "rejected": 1}, 1)
    dead = [key for key in await shop.dump() if key not in before]
    assert [key.decode().startswith("shop:dead:{") for key in dead] == [True]


async def test_dead_letters_of_a_replay_are_the_shops(shop: PastShop) -> None:
    entry_id = await shop.xadd(int(shop.ago(10).timestamp() * 1000), {"streamer": "ana", "client": "bo"})
    assert (await shop.repaired())["dead_lettered"] == 1
    [listed] = await shop.dead()
    assert (listed.letter.stage, listed.letter.entry_id) == ("ingest", entry_id)
    assert listed.letter.raw == {b"streamer": b"ana", b"client": b"bo"}


async def test_a_replay_leaves_no_keys(shop: PastShop) -> None:
    await shop.past_comment("I buy it")
    before = await shop.dump()
    await shop.repaired()
    assert await shop.dump() == before


@contextmanager
def interrupted_once_begun(gauge: Gauge) -> Iterator[None]:
    """Ctrl-C as soon as an entry was fed."""

    loop = asyncio.get_running_loop()

    def press() -> None:
        if gauge.begun:
            os.kill(os.getpid(), signal.SIGINT)
        else:
            loop.call_later(0.01, press)

    press()
    yield


async def test_an_interrupted_replay_leaves_no_keys_and_can_be_repeated(shop: PastShop) -> None:
    buys = [await shop.past_comment("I buy it", minutes=20 - n) for n in range(3)]
    before = await shop.dump()
    with pytest.raises(ReplayInterrupted):
        await repair(shop.settings, Request(EVER, speed=0.01), "cut", interrupted_once_begun)
    assert await shop.dump() == before
    await shop.repaired("again")
    assert await shop.ends() == dict.fromkeys(buys, DONE)
    numbers = [await order_number(shop, buy) for buy in buys]
    assert [len(shop.charges(number)) for number in numbers] == [1, 1, 1]


async def test_what_a_killed_replay_left_goes_with_the_next_one(shop: PastShop) -> None:
    await shop.xadd(int(shop.ago(10).timestamp() * 1000), {"nonsense": "1"})
    redis, live = shop.wiring.redis, shop.wiring.keys
    keys = run_keys(live, "killed")
    await RunRegister(redis, live).claim("killed")
    await redis.set(keys.attempts("order", 0), "1")
    await redis.execute_command("XADD", keys.stream("dead", 0), "*", *letter())
    await shop.repaired("beside it")  # still alive, as far as anybody knows: left alone
    assert await redis.keys("*replay:killed:*")
    await redis.delete(f"{keys.prefix}alive")
    await shop.repaired("after it")
    assert await redis.keys("*replay*") == []
    assert [listed.letter.reason for listed in await shop.dead()].count("a test") == 1


def letter(**given: str) -> list[str]:
    """A dead letter's fields."""
    fields = {
        "stage": "order", "stream": "order", "partition": "0", "comment_id": str(uuid4()), "entry_id": "1-1",
        "reason": "a test", "error": "", "detail": "", "attempts": "1", "first_failed_ms": "1", "last_failed_ms": "1",
        **given,
    }  # fmt: skip
    return [part for pair in fields.items() for part in pair]


async def test_comments_are_fed_from_the_database_with_the_scope_they_had(shop: PastShop) -> None:
    verified = await stored(shop, "I buy it", minutes=12)
    unverified = await stored(shop, "I buy it", minutes=11, verified=False)
    ended = await stored(shop, "I buy it", minutes=10)
    await end(shop, ended, "intent", "dropped")
    summary = await shop.repaired(from_database=True)
    assert (summary["read"], summary["skipped"], summary["fed"]) == (3, 1, 2)
    rows = await shop.rows("select comment_id, status from orders")
    assert {row["comment_id"]: row["status"] for row in rows} == {
        verified: "paid",
        unverified: "awaiting_payment",
    }
    assert len(await shop.ends()) == 3


async def test_retracts_and_pins_from_the_database_end_at_ingest(shop: PastShop) -> None:
    retract, pin = (
        await stored(shop, "never mind", kind="retract"),
        await stored(shop, "look", kind="pin", minutes=9),
    )
    await shop.repaired(from_database=True)
    assert await shop.ends() == {
        retract: ("ingest", "dropped", "retract recorded"),
        pin: ("ingest", "dropped", "pin recorded"),
    }


async def test_more_comments_than_a_page_come_from_the_database_in_their_order(shop: PastShop) -> None:
    made = [await stored(shop, "so cute", minutes=10 - n / 1000) for n in range(20)]
    history = StoredComments(shop.wiring.database, None, ended=False, page=7)
    pages = [page async for page in history.pages(EVER)]
    assert [len(page) for page in pages] == [7, 7, 6]
    assert [UUID(entry.fields[b"id"].decode()) for page in pages for entry in page] == made


async def paid_order(shop: PastShop) -> tuple[UUID, str]:
    """A comment whose order is paid and told."""
    buy = await shop.past_comment("I buy it")
    await shop.repaired("before")
    return buy, await order_number(shop, buy)


@pytest.mark.parametrize("left", ["", "claimed"])
async def test_a_paid_order_of_which_nobody_was_told_is_told_of_once(shop: PastShop, left: str) -> None:
    _, number = await paid_order(shop)
    told = len(shop.messages(number))
    if left:  # somebody died with it; the message had gone, and is found by its text
        await shop.change(
            "update payment_notifications set status = 'claimed', message_sid = null, claimed_until = now()"
        )
    else:
        await shop.change("delete from payment_notifications")
    assert (await shop.repaired(from_database=True))["orders"] == 1
    rows = await shop.rows("select recipient, status from payment_notifications order by recipient")
    assert [tuple(row) for row in rows] == [("buyer", "sent"), ("streamer", "console")]
    assert len(shop.messages(number)) == told + (0 if left else 1)
    assert (await shop.repaired("again", from_database=True))["orders"] == 0


async def test_an_order_with_a_pay_link_of_which_nobody_was_told_is_told_of_once(shop: PastShop) -> None:
    buy = await shop.past_comment("I buy it", key="forged")
    await shop.repaired("before")
    await shop.change("delete from payment_notifications")
    assert (await shop.repaired(from_database=True))["orders"] == 1
    [told] = await shop.rows("select kind, status from payment_notifications where recipient = 'buyer'")
    assert tuple(told) == ("pay_link", "sent")
    assert shop.charges(await order_number(shop, buy)) == []
    assert (await shop.repaired("again", from_database=True))["orders"] == 0


async def test_two_runs_on_the_same_comments_charge_and_tell_once(shop: PastShop) -> None:
    # As of a live run that has in flight what is replayed. A message that the other one is sending is looked up later.
    patience = {"notify_timeout_seconds": 3.0, "message_claim_seconds": 1.5}
    quick = replace(shop, settings=shop.settings.model_copy(update=patience))
    buys = [await shop.past_comment("I buy it", minutes=20 - n) for n in range(8)]
    for summary in await asyncio.gather(quick.repaired("one"), quick.repaired("two")):
        assert (summary["finished"], summary["dead_lettered"]) == ({"done": 8}, 0)
    assert await shop.ends() == dict.fromkeys(buys, DONE)
    for number in [await order_number(shop, buy) for buy in buys]:
        assert (len(shop.charges(number)), len(shop.messages(number))) == (1, 1)


async def test_an_order_that_stayed_placed_is_charged_once(shop: PastShop) -> None:
    _, number = await paid_order(shop)
    await shop.change("delete from payment_notifications")
    await shop.change("alter table commissions disable trigger commissions_only_grow")
    await shop.change("delete from commissions")
    await shop.change("update orders set status = 'placed', payment_id = null, paid_at = null")
    assert (await shop.repaired(from_database=True))["orders"] == 1
    assert [row["status"] for row in await shop.rows("select status from orders")] == ["paid"]
    assert len(shop.charges(number)) == 1


async def test_an_order_whose_dead_letter_lies_there_waits_for_redrive(shop: PastShop) -> None:
    buy, _ = await paid_order(shop)
    await shop.change("delete from payment_notifications")
    fields = letter(stage="notify", comment_id=str(buy))
    await shop.wiring.redis.execute_command("XADD", shop.wiring.keys.stream("dead", 0), "*", *fields)
    assert (await shop.repaired(from_database=True))["orders"] == 0
