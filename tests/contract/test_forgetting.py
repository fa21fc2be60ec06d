"""`tiktoksales forget`: nothing personal is left, and the books are complete."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from pipeline.dead_letter import DeadLetter
from stages.adapters.database.buyers import Buyer, buyer_id
from stages.adapters.database.forgetting import (
    Forgetting,
    NobodyKnown,
    PaymentUnderWay,
    SeveralKnown,
    StillUnderWay,
)
from stages.forgetting import Oblivion, Streams
from tests.contract.past_shop import PastShop
from tests.contract.two_sellers import open_sellers
from tests.fixtures_sandbox import stripe_sdk
from tests.shell import typed

HANDLE, KEY = "emma_who_leaves", "6937909301590000001"
PHONE, EMAIL = "+15550109999", "emma.who.leaves@example.com"
WORDS = "mine please, text me at 5550109999"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PERSONAL = (HANDLE, KEY, PHONE, EMAIL, "5550109999")


@pytest.fixture
async def shop(shop: PastShop) -> PastShop:
    """A shop in which Emma has a card."""
    card = await shop.wiring.payments.customer_with_card(HANDLE, "pm_card_visa", f"seed:{uuid4()}")
    await shop.wiring.buyers.put(
        Buyer("tiktok", KEY, HANDLE, PHONE, "sms", card.customer, card.payment_method, EMAIL)
    )
    return shop


def oblivion(shop: PastShop, now: datetime = NOW) -> Oblivion:
    wiring = shop.wiring
    return Oblivion(
        Forgetting(wiring.database),
        wiring.payments,
        Streams(wiring.redis, wiring.keys, 1),
        lambda: now,
    )


async def _past(shop: PastShop, *, status: str = "paid", ended: bool = True) -> UUID:
    """A comment of Emma's with an order, and whatever else is written about such."""
    comment = await shop.past_comment(WORDS, client=HANDLE, client_id=KEY)
    [(entry_id, _)] = await shop.wiring.redis.execute_command(
        "XREVRANGE", shop.wiring.keys.comments, "+", "-", "COUNT", 1
    )
    seq = entry_id.decode()
    with psycopg.connect(shop.settings.database_url) as connection:
        execute = connection.execute
        execute(
            "insert into chat_messages (id, seq, streamer, client, client_id, platform, message, message_id, sent_at,"
            " source, verified) values (%s, %s, 'ana', %s, %s, 'tiktok', %s, 'm1', now(), 'gateway', true)",
            (comment, seq, HANDLE, KEY, WORDS),
        )
        execute(
            "insert into orders (id, order_number, comment_id, streamer, product_id, product_name, buyer_id, quantity,"
            " unit_price_minor, amount_minor, currency, status, payment_id, paid_at)"
            " select %s, 'ORD-20260101-' || (10000 + (select count(*) from orders)), %s, 'ana', id, name, %s, 1, 100,"
            " 100, 'USD', %s, %s, now() from products limit 1",
            (comment, comment, buyer_id("tiktok", KEY), status, f"pi_{comment}"),
        )
        execute(
            "insert into commissions (id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency)"
            " values (%s, %s, 'ana', %s, 100, 10, 'USD')",
            (comment, comment, comment),
        )
        execute(
            "insert into payment_notifications (id, order_id, subject, buyer_id, recipient, channel, kind, body,"
            " claimed_until) values (%s, %s, %s, %s, 'buyer', 'sms', 'confirmed', %s, now())",
            (comment, comment, comment, buyer_id("tiktok", KEY), f"Dear {HANDLE}"),
        )
        execute(
            "insert into consents (buyer_id, channel, granted, source) values (%s, 'sms', true, %s)",
            (buyer_id("tiktok", KEY), f"said {HANDLE}"),
        )
        execute(
            "insert into outbox (record_id, stage, comment_id, seq, streamer, record)"
            " values (%s, 'payment', %s, %s, 'ana', %s)",
            (
                uuid4(),
                comment,
                seq,
                json.dumps({"viewer": {"client": HANDLE, "client_id": KEY, "verified": True}}),
            ),
        )
        execute(
            "insert into payment_attempts (order_id, attempt, key, parameters, status)"
            " values (%s, 1, %s, %s, 'charged')",
            (comment, f"charge:{comment}", json.dumps({"metadata": {"buyer": HANDLE}})),
        )
        if ended:
            execute(
                "insert into end_states (comment_id, seq, stage, outcome, ended_at)"
                " values (%s, %s, 'notify', 'done', now())",
                (comment, seq),
            )
    return comment


async def _everything(shop: PastShop) -> str:
    """All rows of all tables and all entries of all streams, as one text."""
    texts = []
    with psycopg.connect(shop.settings.database_url) as connection:
        tables = connection.execute(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        ).fetchall()
        for (table,) in tables:
            texts.append(repr(connection.execute(f"select t::text from {table} as t").fetchall()))  # noqa: S608
    for key in await shop.wiring.redis.execute_command("KEYS", "*"):
        if await shop.wiring.redis.execute_command("TYPE", key) == b"stream":
            entries = await shop.wiring.redis.execute_command("XRANGE", key, "-", "+")
            texts.append(repr(entries))
    return "\n".join(texts)


async def _dead_letter(shop: PastShop, comment: UUID) -> None:
    letter = DeadLetter(
        "ingest", "comments_stream", 0, "", "1-1", "not a comment", "UnreadableRecord", "", 1, 1, 1,
        {b"client": HANDLE.encode(), b"client_id": KEY.encode(), b"message": b"x" * 9000, b"streamer": b"ana"},
    )  # fmt: skip
    later = DeadLetter(
        "notify",
        "notify",
        0,
        str(comment),
        "1-2",
        f"no such number {PHONE}",
        "MessageMisused",
        "",
        1,
        1,
        1,
        {b"d": b"{}"},
    )
    for each in (letter, later):
        await shop.wiring.redis.execute_command(
            "XADD", shop.wiring.keys.stream("dead", 0), "*", *each.fields()
        )


async def test_nothing_personal_is_left_and_the_books_are_complete(shop: PastShop) -> None:
    comment = await _past(shop)
    await shop.past_comment("hello from somebody else", client="bo")
    await _dead_letter(shop, comment)
    before = await _everything(shop)
    assert [each for each in PERSONAL[:2] if each not in before] == [], "the test could not fail"
    done = await oblivion(shop).forget(HANDLE)
    after = await _everything(shop)
    assert [each for each in PERSONAL if each in after] == []
    assert str(buyer_id("tiktok", KEY)) not in after
    assert (done.erased.buyers, done.erased.comments, done.erased.orders) == (1, 1, 1)
    assert (done.customers, done.entries, done.dead_letters) == (1, 1, 2)
    assert "hello from somebody else" in after
    with psycopg.connect(shop.settings.database_url) as connection:
        kept = connection.execute(
            "select o.amount_minor, o.status, c.amount_minor, b.handle, b.erased_at from orders as o"
            " join commissions as c on c.order_id = o.id join buyers as b on b.id = o.buyer_id where o.id = %s",
            (comment,),
        ).fetchone()
    assert kept == (100, "paid", 10, "erased", NOW)


async def test_the_customer_and_the_card_are_gone_at_the_provider(shop: PastShop) -> None:
    await _past(shop)
    with psycopg.connect(shop.settings.database_url) as connection:
        [(customer,)] = connection.execute(
            "select stripe_customer from buyers where client_id = %s", (KEY,)
        ).fetchall()
    await oblivion(shop).forget(HANDLE)
    async with stripe_sdk(shop.sandbox) as client:
        listed = await client.v1.customers.list_async({"limit": 100})
        assert customer not in {each.id for each in listed.data}
    await shop.wiring.payments.forget_customer(customer)  # gone already: fine


async def test_nothing_is_erased_while_a_comment_is_under_way(shop: PastShop) -> None:
    comment = await _past(shop, ended=False)
    before = await _everything(shop)
    with pytest.raises(StillUnderWay, match="1 of their comments"):
        await oblivion(shop).forget(HANDLE)
    assert await _everything(shop) == before
    with psycopg.connect(shop.settings.database_url) as connection:
        connection.execute(
            "insert into end_states (comment_id, seq, stage, outcome, ended_at)"
            " select id, seq, 'notify', 'done', now() from chat_messages where id = %s",
            (comment,),
        )
    assert (await oblivion(shop).forget(HANDLE)).entries == 1
    assert HANDLE not in await _everything(shop)


async def test_what_never_came_to_an_end_is_erased_after_a_day(shop: PastShop) -> None:
    await _past(shop, ended=False)
    assert (await oblivion(shop, datetime.now(UTC) + timedelta(days=2)).forget(HANDLE)).entries == 1


async def test_nothing_is_erased_while_the_card_is_being_charged(shop: PastShop) -> None:
    await _past(shop, status="placed")
    before = await _everything(shop)
    with pytest.raises(PaymentUnderWay, match="ORD-20260101-10000"):
        await oblivion(shop).forget(HANDLE)
    assert await _everything(shop) == before


async def test_who_comes_back_is_another_buyer(shop: PastShop) -> None:
    await _past(shop)
    await oblivion(shop).forget(HANDLE)
    await shop.wiring.buyers.put(Buyer("tiktok", KEY, HANDLE))
    [found] = await shop.wiring.buyers.named(HANDLE)
    assert found.key == KEY
    with psycopg.connect(shop.settings.database_url) as connection:
        [(orders,)] = connection.execute(
            "select count(*) from orders where buyer_id = %s", (buyer_id("tiktok", KEY),)
        ).fetchall()
    assert orders == 0


async def test_a_name_on_several_platforms_has_to_be_told_apart(shop: PastShop) -> None:
    await shop.wiring.buyers.put(Buyer("youtube", "UC1", HANDLE))
    with pytest.raises(SeveralKnown, match="tiktok, youtube"):
        await oblivion(shop).forget(HANDLE)
    assert (await oblivion(shop).forget(HANDLE, "youtube")).erased.buyers == 1
    assert [each.platform for each in await shop.wiring.buyers.named(HANDLE)] == ["tiktok"]


async def test_a_name_nobody_bears_is_an_error(shop: PastShop) -> None:
    for platform in (None, "tiktok"):
        with pytest.raises(NobodyKnown, match="nobody_at_all"):
            await oblivion(shop).forget("nobody_at_all", platform)


def test_the_stages_role_may_do_it(new_database: Callable[[], str], redis_url: str) -> None:
    sellers = open_sellers(new_database())
    with psycopg.connect(sellers.owner_url) as owner:
        owner.execute("update payment_attempts set status = 'charged'")
    done = typed("forget", "@ana-buyer", database_url=sellers.stages_url, redis_url=redis_url)
    assert (done.status, done.err) == (0, "")
    assert "1 buyers" in done.out
    assert "1 orders stay" in done.out
    assert "ana-buyer" not in sellers.their_rows()
    assert "bea-buyer" in sellers.their_rows()
    again = typed("forget", "ana-buyer", database_url=sellers.stages_url, redis_url=redis_url)
    assert (again.status, "Nobody called 'ana-buyer'" in again.err) == (1, True)


async def test_a_viewer_is_blocked_and_let_in_again(shop: PastShop) -> None:
    given = {"database_url": shop.settings.database_url}
    assert typed("block", f"@{HANDLE}", **given).status == 0
    [blocked] = await shop.wiring.buyers.named(HANDLE)
    assert blocked.blocked_at is not None
    assert typed("block", HANDLE, **given).status == 0
    assert await shop.wiring.buyers.named(HANDLE) == [blocked]  # since the first time
    assert typed("unblock", HANDLE, **given).status == 0
    [let_in] = await shop.wiring.buyers.named(HANDLE)
    assert let_in.blocked_at is None


async def test_who_has_never_bought_can_be_blocked_by_platform_and_name(shop: PastShop) -> None:
    given = {"database_url": shop.settings.database_url}
    assert typed("block", "a_stranger", **given).status == 1
    assert typed("block", "a_stranger", "--platform", "tiktok", **given).status == 0
    [blocked] = await shop.wiring.buyers.named("a_stranger", "tiktok")
    assert (blocked.key, blocked.blocked_at is not None) == ("a_stranger", True)
    assert typed("unblock", "nobody_at_all", "--platform", "tiktok", **given).status == 1
