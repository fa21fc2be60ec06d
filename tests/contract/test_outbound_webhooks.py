"""The shop's own systems hear of its orders."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from stages.adapters.database.payment_attempts import PaymentAttempts
from stages.adapters.database.refunds import Refund, Refunds
from stages.adapters.database.webhook_endpoints import UnknownEndpoint
from stages.adapters.database.webhook_events import announce
from stages.webhook_keeper import DELAYS_SECONDS
from stages.wiring import stock_rules, utc_now
from tests.contract.kept_shop import kept_shop
from tests.contract.listening import EMAIL, PHONE, Listening, listening
from tests.fixtures_sandbox import Mailbox
from tests.shell import tiktoksales


@pytest.fixture
async def heard(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[Listening]:
    async with listening(redis_url, database_url, tmp_path) as heard:
        yield heard


async def test_an_order_is_told_signed_and_without_its_buyers_contacts(
    heard: Listening, mailbox: Mailbox
) -> None:
    _, secret = await heard.endpoints.register(mailbox.url, (), None)
    order = await heard.order()
    assert await heard.round() == 1
    delivery = mailbox.take()
    fields = dict(part.split("=", 1) for part in delivery.headers["tiktoksales-signature"].split(","))
    signed = fields["t"].encode() + b"." + delivery.body
    assert fields["v1"] == hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert abs(int(fields["t"]) - heard.clock().timestamp()) <= 1
    told: dict[str, Any] = json.loads(delivery.body)
    assert (told["type"], told["order"]["id"], told["order"]["total"]) == (
        "order.placed",
        str(order),
        "79.99",
    )
    assert told["id"] == delivery.headers["tiktoksales-event-id"]
    for personal in (PHONE, EMAIL, "phone", "email"):
        assert personal not in delivery.body.decode()
    [row] = await heard.deliveries()
    assert (row.status, row.attempts, row.error) == ("delivered", 1, None)


async def test_the_secret_lies_sealed_in_the_database(heard: Listening, mailbox: Mailbox) -> None:
    endpoint, secret = await heard.endpoints.register(mailbox.url, (), None)
    [row] = await heard.shop.rows("select secret from webhook_endpoints where id = $1", endpoint)
    assert secret not in row["secret"]
    assert heard.shop.wiring.vault.open(row["secret"]) == secret


async def test_an_endpoint_hears_of_its_events_and_its_streamer_only(
    heard: Listening, tmp_path: Path
) -> None:
    wanted = await heard.endpoints.register("http://a.example/", ["order.placed"], heard.shop.streamer)
    await heard.endpoints.register("http://b.example/", ["order.paid"], None)
    async with kept_shop(heard.shop.settings.redis_url, heard.shop.settings.database_url, tmp_path) as other:
        await heard.endpoints.register("http://c.example/", (), other.streamer)
    await heard.order()
    [row] = await heard.shop.rows("select endpoint_id from webhook_deliveries")
    assert row["endpoint_id"] == wanted[0]


async def test_each_step_of_an_order_is_an_event_of_its_own_told_once(heard: Listening) -> None:
    await heard.endpoints.register("http://a.example/", (), None)
    order = await heard.order()
    orders, now = heard.shop.wiring.orders, utc_now()
    await orders.pay(order, "pi_1", now)
    await orders.pay(order, "pi_1", now)
    cancelled = await heard.order()
    await orders.cancel(cancelled, "host", now)
    await orders.cancel(cancelled, "host", now)
    told = [(each.event, each.status) for each in await heard.deliveries()]
    assert sorted(told) == [
        ("order.cancelled", "waiting"), ("order.paid", "waiting"), ("order.placed", "waiting"),
        ("order.placed", "waiting"),
    ]  # fmt: skip
    [row] = await heard.shop.rows("select payload from webhook_deliveries where event = 'order.paid'")
    assert row["payload"]["order"]["status"] == "paid"


async def test_what_was_rolled_back_is_not_told(heard: Listening) -> None:
    await heard.endpoints.register("http://a.example/", ["order.paid"], None)
    order = await heard.order()

    async def undone() -> None:
        async with heard.shop.wiring.database.transaction() as connection:
            await announce(connection, "order.paid", order)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await undone()
    assert await heard.deliveries() == []


async def test_what_is_refused_is_tried_again_for_a_day_with_the_same_id_and_body_and_then_dead(
    heard: Listening, mailbox: Mailbox
) -> None:
    await heard.endpoints.register(mailbox.url, (), None)
    await heard.order()
    seen = set()
    for delay in (*DELAYS_SECONDS, None):
        mailbox.answer_next(500)
        assert await heard.round() == 1
        delivery = mailbox.take()
        seen.add((delivery.headers["tiktoksales-event-id"], delivery.body))
        assert await heard.round() == 0
        if delay:
            heard.clock.advance(delay)
    assert len(seen) == 1
    [row] = await heard.deliveries()
    assert (row.status, row.attempts, row.error) == ("dead", 11, "answered 500")
    assert sum(DELAYS_SECONDS) == pytest.approx(24 * 3600, rel=0.02)
    await heard.endpoints.redeliver(row.id, heard.clock())
    await heard.round()
    assert mailbox.take().headers["tiktoksales-event-id"] == str(row.event_id)
    assert [each.status for each in await heard.deliveries()] == ["delivered"]


async def test_a_redirect_is_not_followed(heard: Listening, mailbox: Mailbox) -> None:
    await heard.endpoints.register(mailbox.url, (), None)
    await heard.order()
    mailbox.answer_next(302)
    await heard.round()
    mailbox.take()
    assert [each.error for each in await heard.deliveries()] == ["answered 302"]


async def test_who_does_not_answer_costs_an_attempt_and_holds_up_nobody(
    redis_url: str, database_url: str, tmp_path: Path, mailbox: Mailbox
) -> None:
    async with listening(redis_url, database_url, tmp_path, timeout_seconds=0.3) as heard:
        silent = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        await heard.endpoints.register(url, (), None)
        await heard.endpoints.register(mailbox.url, (), None)
        for _ in range(6):
            await heard.order()
        assert await heard.keeper.take() == 8  # four for each endpoint
        assert await heard.keeper.take() == 0  # no more for those that are busy
        await heard.keeper.finish()
        silent.close()
        by_url = [(each.url == mailbox.url, each.error) for each in await heard.deliveries() if each.attempts]
    assert by_url.count((True, None)) == 4
    assert by_url.count((False, "no answer within 0.3 seconds")) == 4


async def test_an_attempt_whose_process_died_is_made_again(heard: Listening, mailbox: Mailbox) -> None:
    await heard.endpoints.register(mailbox.url, (), None)
    await heard.order()
    now = heard.clock()
    [lost] = await heard.endpoints.take(now, now + timedelta(seconds=60), 10, ())
    assert await heard.round() == 0
    heard.clock.advance(61)
    assert await heard.round() == 1
    mailbox.take()
    await heard.endpoints.failed(lost, "late", None)  # who lost its lease writes nothing
    assert [each.status for each in await heard.deliveries()] == ["delivered"]


async def test_two_keepers_share_the_work(heard: Listening, mailbox: Mailbox) -> None:
    for _ in range(4):
        await heard.endpoints.register(mailbox.url, (), None)
    await heard.order()
    now = heard.clock()
    until = now + timedelta(seconds=60)
    takes = await asyncio.gather(*(heard.endpoints.take(now, until, 3, ()) for _ in range(2)))
    ids = [each.id for taken in takes for each in taken]
    assert len(ids) == len(set(ids)) <= 4


async def test_a_removed_endpoint_hears_nothing_more(heard: Listening, mailbox: Mailbox) -> None:
    endpoint, _ = await heard.endpoints.register(mailbox.url, (), None)
    await heard.order()
    await heard.endpoints.remove(endpoint, utc_now())
    await heard.order()
    assert await heard.round() == 0
    [row] = await heard.deliveries()
    assert (row.status, row.error) == ("dead", "the endpoint was removed")
    with pytest.raises(UnknownEndpoint):
        await heard.endpoints.redeliver(row.id, utc_now())


async def test_the_keeper_delivers_until_it_is_stopped(heard: Listening, mailbox: Mailbox) -> None:
    await heard.endpoints.register(mailbox.url, (), None)
    await heard.order()
    running = asyncio.create_task(heard.keeper.run())
    await asyncio.to_thread(mailbox.take)
    heard.keeper.stop()
    await running
    assert [each.status for each in await heard.deliveries()] == ["delivered"]


async def test_the_command_registers_lists_and_removes(heard: Listening, mailbox: Mailbox) -> None:
    settings = {**heard.shop.environment, "webhook_allow_private": "true"}
    said = await tiktoksales("webhooks", "add", mailbox.url, "--event", "order.placed", **settings)
    endpoint, secret = (line.split()[1] for line in said.out.splitlines()[:2])
    assert secret.startswith("whsec_")
    await heard.order()
    await heard.round()
    mailbox.take()
    listed = await tiktoksales("webhooks", "list", **settings)
    assert endpoint in listed.out
    assert secret not in listed.out
    sent = await tiktoksales("webhooks", "deliveries", **settings)
    assert "delivered" in sent.out
    [delivery] = await heard.deliveries()
    assert (await tiktoksales("webhooks", "redeliver", str(delivery.id), **settings)).status == 0
    assert (await tiktoksales("webhooks", "remove", endpoint, **settings)).status == 0
    assert endpoint not in (await tiktoksales("webhooks", "list", **settings)).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("http://shop.example/",), "over https only"),
        (("https://localhost/",), "no public address"),
        (("https://10.0.0.1/",), "no public address"),
        (("https://nowhere.invalid/",), "can't be found"),
    ],
)
async def test_an_endpoint_that_may_not_be_is_refused_in_one_sentence(
    heard: Listening, arguments: tuple[str, ...], said: str
) -> None:
    found = await tiktoksales("webhooks", "add", *arguments, **heard.shop.environment)
    assert found.status == 1
    assert said in found.err
    assert "Traceback" not in found.err
    assert await heard.endpoints.endpoints() == []


async def test_an_unknown_streamer_has_no_endpoint(heard: Listening) -> None:
    with pytest.raises(UnknownEndpoint):
        await heard.endpoints.register("http://a.example/", (), f"nobody-{uuid4().hex}")


async def test_a_failed_payment_and_each_refund_are_events_of_their_own(heard: Listening) -> None:
    await heard.endpoints.register("http://a.example/", ["payment.failed", "order.refunded"], None)
    order, now = await heard.order(), utc_now()
    wiring = heard.shop.wiring
    attempts = PaymentAttempts(wiring.database)
    attempt = await attempts.freeze(order, 1, f"charge:{order}", {}, now)
    for _ in range(2):
        await attempts.settle(attempt, "declined", "pi_failed", "insufficient_funds", now)
    paid = await wiring.orders.pay(order, f"pi_{order}", now)
    refunds = Refunds(wiring.database, stock_rules(heard.shop.settings))
    for key, amount in (("a", 1001), ("b", 2000)):
        wanted = await refunds.want(paid.order_number, amount, "asked for", key, restock=False, now=now)
        assert isinstance(wanted, Refund)
        for _ in range(2):
            await refunds.finish(wanted.id, f"re_{wanted.id}", now)
    told = await heard.shop.rows("select event, payload from webhook_deliveries order by created_at")
    assert [(row["event"], row["payload"]["order"]["refunded_minor"]) for row in told] == [
        ("payment.failed", 0), ("order.refunded", 1001), ("order.refunded", 3001),
    ]  # fmt: skip
