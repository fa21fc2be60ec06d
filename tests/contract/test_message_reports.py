"""What Twilio reports of messages under way: believed only where it is signed, and moving forward only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from twilio.request_validator import RequestValidator

from stages.adapters.database import Database
from stages.adapters.database.message_progress import MessageProgress
from stages.adapters.messages import Channel
from stages.doors.twilio_webhooks import twilio_routes
from tests.contract.message_desk import Desk, Known, desk_of
from tests.e2e.shop import until
from tests.fixtures_sandbox import Sandbox, running_sandbox

BOTH: tuple[Channel, ...] = ("whatsapp", "sms")
PUBLIC = "https://shop.example/tts/webhooks/twilio"
TOKEN = "a-token-of-the-desk"


@pytest.fixture(scope="module")
def reporting() -> Iterator[Sandbox]:
    """Providers for this module alone."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
async def desk(database: Database, reporting: Sandbox) -> AsyncIterator[Desk]:
    async with desk_of(database, reporting) as desk:
        yield desk


@pytest.fixture
async def door(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway's door as a proxy reaches it: under another name than Twilio was given."""
    app = FastAPI()
    progress = MessageProgress(desk.database)
    app.include_router(twilio_routes(progress, token=TOKEN, url=PUBLIC, now=desk.clock.utc_now))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:8081") as client:
        yield client


async def report(
    door: httpx.AsyncClient,
    sid: str,
    status: str,
    code: int | None = None,
    *,
    query: str = "",
    token: str = TOKEN,
    url: str = PUBLIC,
) -> httpx.Response:
    """Twilio's report, signed for the address that it was given."""
    fields = {"MessageSid": sid, "MessageStatus": status, "To": "whatsapp:+15550000000", "AccountSid": "AC1"}
    if code is not None:
        fields["ErrorCode"] = str(code)
    signature = RequestValidator(token).compute_signature(f"{url}{query}", fields)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return await door.post(f"/webhooks/twilio{query}", content=urlencode(fields), headers=headers)


async def sent(desk: Desk, *channels: Channel) -> str:
    """The sid of a confirmation that the provider took."""
    buyer = await desk.buyer(*channels)
    await desk.tell(await desk.order(buyer))
    return str(desk.messages(buyer)[0]["sid"])


async def status_of(desk: Desk, sid: str) -> str:
    row = await desk.row("select status from payment_notifications where message_sid = $1", sid)
    return str(row["status"])


async def test_a_message_moves_forward_only_whatever_the_order_of_the_reports(
    desk: Desk, door: httpx.AsyncClient
) -> None:
    sid = await sent(desk, "whatsapp")
    seen = []
    for status in ("sent", "read", "delivered", "sent", "read", "undelivered", "failed"):
        answer = await report(door, sid, status)
        seen.append((answer.status_code, answer.json()["moved"], await status_of(desk, sid)))
    assert seen == [(200, False, "sent"), (200, True, "read"), *[(200, False, "read")] * 5]


async def test_a_message_that_is_delivered_cannot_fail_any_more(desk: Desk, door: httpx.AsyncClient) -> None:
    sid = await sent(desk, "sms")
    assert (await report(door, sid, "delivered")).json()["moved"]
    assert not (await report(door, sid, "undelivered", 30003)).json()["moved"]
    assert await status_of(desk, sid) == "delivered"


async def test_a_report_that_is_not_signed_for_this_address_is_refused(
    desk: Desk, door: httpx.AsyncClient
) -> None:
    sid = await sent(desk, "whatsapp")
    forged = [
        await report(door, sid, "delivered", token="another"),
        await report(door, sid, "delivered", url="https://shop.example/another"),
        await door.post(
            "/webhooks/twilio", content=urlencode({"MessageSid": sid, "MessageStatus": "delivered"})
        ),
        await door.post("/webhooks/twilio", content=b"\xff\xfe", headers={"X-Twilio-Signature": "x"}),
        await door.post("/webhooks/twilio", content=b"", headers={"X-Twilio-Signature": ""}),
    ]
    assert [answer.status_code for answer in forged] == [403] * 5
    assert await status_of(desk, sid) == "sent"


@pytest.mark.parametrize(
    "odd", [{"MessageSid": "SM\0"}, {"ErrorCode": "9" * 5000}, {"MessageStatus": "sung"}], ids=str
)
async def test_an_odd_report_changes_nothing(
    desk: Desk, door: httpx.AsyncClient, odd: dict[str, str]
) -> None:
    fields = {"MessageSid": "SM0", "MessageStatus": "failed", **odd}
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC, fields)
    answer = await door.post(
        "/webhooks/twilio", content=urlencode(fields), headers={"X-Twilio-Signature": signature}
    )
    assert answer.json() == {"ok": True, "moved": False}


async def test_an_altered_report_is_refused(desk: Desk, door: httpx.AsyncClient) -> None:
    sid = await sent(desk, "whatsapp")
    fields = {"MessageSid": sid, "MessageStatus": "delivered"}
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC, fields)
    for altered in (
        {**fields, "MessageStatus": "failed"},
        {**fields, "ErrorCode": "21610"},
        {"MessageSid": sid},
    ):
        answer = await door.post(
            "/webhooks/twilio", content=urlencode(altered), headers={"X-Twilio-Signature": signature}
        )
        assert answer.status_code == 403
    assert await status_of(desk, sid) == "sent"


async def test_a_report_of_a_message_that_is_not_ours_changes_nothing(
    desk: Desk, door: httpx.AsyncClient
) -> None:
    for query in ("", f"?notification={uuid4()}", "?notification=none"):
        answer = await report(door, f"SM{uuid4().hex}", "failed", 30005, query=query)
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "moved": False})
    unheard_of = await report(door, f"SM{uuid4().hex}", "telepathic")
    assert (unheard_of.status_code, unheard_of.json()["moved"]) == (200, False)
    assert await desk.relay() == 0


@pytest.mark.parametrize("code", [63016, 63024, 30005])
async def test_a_message_that_fails_on_its_way_goes_out_on_the_next_channel(
    desk: Desk, door: httpx.AsyncClient, code: int
) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    await desk.tell(order)
    [message] = desk.messages(buyer)
    for _ in range(2):
        await report(door, message["sid"], "undelivered", code)
    assert await desk.relay() == 1
    await desk.run.until_idle()
    assert await desk.told(order) == [("whatsapp", "undeliverable", str(code)), ("sms", "sent", None)]
    assert [each["to"] for each in desk.messages(buyer)] == [f"whatsapp:{buyer.phone}", buyer.phone]


async def test_a_stop_that_is_reported_later_is_heeded_too(desk: Desk, door: httpx.AsyncClient) -> None:
    buyer = await desk.buyer(*BOTH)
    await desk.tell(await desk.order(buyer))
    await report(door, desk.messages(buyer)[0]["sid"], "failed", 21610)
    await desk.relay()
    await desk.run.until_idle()
    consent = (await desk.consents.of(buyer.id))["whatsapp"]
    assert (consent.granted, consent.source) == (False, "STOP")


async def test_what_fails_in_passing_is_sent_again_a_few_times_and_then_otherwise(
    desk: Desk, door: httpx.AsyncClient
) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    desk.sandbox.arm("twilio", "undelivered", code=30003, times=3)
    await desk.tell(order)
    for attempt in range(3):
        await until(partial(_all_failed, desk, buyer), "what was sent has failed")
        messages = desk.messages(buyer)
        assert [each["to"] for each in messages] == [f"whatsapp:{buyer.phone}"] * (attempt + 1)
        for _ in range(2):
            await report(door, messages[-1]["sid"], "undelivered", 30003)
        assert await desk.relay() == 1
        await desk.run.until_idle()
    assert await desk.told(order) == [("whatsapp", "undeliverable", "30003"), ("sms", "sent", None)]


async def _all_failed(desk: Desk, buyer: Known) -> bool:
    return {each["status"] for each in desk.messages(buyer)} == {"undelivered"}


async def test_a_pay_link_that_failed_is_not_sent_again_once_the_order_is_paid(
    desk: Desk, door: httpx.AsyncClient
) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer, "awaiting_payment")
    await desk.tell(order)
    await desk.row(
        "update orders set status = 'paid', payment_id = $1::text, paid_at = now() where id = $2 returning id",
        uuid4().hex,
        order.order_id,
    )
    await report(door, desk.messages(buyer)[0]["sid"], "failed", 63024)
    assert await desk.relay() == 0


async def test_a_report_settles_a_message_whose_fate_was_open(desk: Desk, door: httpx.AsyncClient) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    desk.sandbox.arm("twilio", "server_error")
    await desk.tell(order)
    assert await desk.told(order) == [("whatsapp", "uncertain", "MessageUncertain")]
    row = await desk.row("select id from payment_notifications where order_id = $1 and recipient = 'buyer'",
                         order.order_id)  # fmt: skip
    answer = await report(door, f"SM{uuid4().hex}", "delivered", query=f"?notification={row['id']}")
    assert answer.json()["moved"]
    assert await desk.told(order) == [("whatsapp", "delivered", None)]


async def test_the_providers_own_reports_arrive(database: Database) -> None:
    """The whole way: signed by the sandbox, over HTTP, for the address that it was given."""
    with running_sandbox() as sandbox, socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/webhooks/twilio"
        async with desk_of(database, sandbox, status_callback=url) as desk, serving(desk, url, listener):
            buyer = await desk.buyer(*BOTH)
            fine, lost = await desk.order(buyer), await desk.order(buyer)
            await desk.tell(fine)
            sandbox.arm("twilio", "undelivered", code=63016)
            await desk.tell(lost)

            async def reported() -> bool:
                return [*await desk.told(fine), *await desk.told(lost)] == [
                    ("whatsapp", "delivered", None),
                    ("whatsapp", "undeliverable", "63016"),
                ]

            await until(reported, "both messages have come to their end")
            async with httpx.AsyncClient(base_url=sandbox.url) as http:
                (await http.post(f"/messages/{desk.messages(buyer)[0]['sid']}/read")).raise_for_status()

            async def opened() -> bool:
                return await desk.told(fine) == [("whatsapp", "read", None)]

            await until(opened, "the first was read")
            assert await desk.relay() == 1
            await desk.run.until_idle()
            assert [each["to"] for each in desk.messages(buyer)][2:] == [buyer.phone]


@asynccontextmanager
async def serving(desk: Desk, url: str, listener: socket.socket) -> AsyncIterator[None]:
    app = FastAPI()
    progress = MessageProgress(desk.database)
    app.include_router(
        twilio_routes(progress, token=desk.sandbox.twilio_token, url=url, now=desk.clock.utc_now)
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task
