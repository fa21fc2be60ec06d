"""The Twilio sandbox, seen through the real SDK: every behaviour here is one that Twilio documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from stages.adapters.twilio_transport import TwilioTransport
from stages.sandbox.settings import SMS_SENDER, WHATSAPP_SENDER
from tests.fixtures_sandbox import Mailbox, Sandbox


def client_of(sandbox: Sandbox, transport: TwilioTransport, token: str | None = None) -> Client:
    client = Client(sandbox.twilio_sid, token or sandbox.twilio_token, http_client=transport)
    client.api.base_url = sandbox.url
    return client


@pytest.fixture
async def transport() -> AsyncIterator[TwilioTransport]:
    transport = TwilioTransport(10, trust_env=False)
    yield transport
    await transport.close()


@pytest.fixture
def client(sandbox: Sandbox, transport: TwilioTransport) -> Client:
    return client_of(sandbox, transport)


def number() -> str:
    """A number that no other test writes to."""
    return f"+1555{uuid4().int % 10**7:07}"


async def test_a_message_is_queued_and_can_be_fetched(client: Client, sandbox: Sandbox) -> None:
    to = number()
    made = await client.messages.create_async(to=to, from_=SMS_SENDER, body="Order ORD-1 confirmed! 💕")
    assert (made.status, made.error_code, made.direction) == ("queued", None, "outbound-api")
    assert made.date_sent is None
    assert made.sid.startswith("SM")
    assert len(made.sid) == 34
    fetched = await client.messages(made.sid).fetch_async()
    assert (fetched.body, fetched.to) == ("Order ORD-1 confirmed! 💕", to)
    assert [each["sid"] for each in sandbox.ledger()["messages"] if each["to"] == to] == [made.sid]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15005550001", 21211),
        ("+15005550002", 21612),
        ("+15005550003", 21408),
        ("+15005550004", 21610),
        ("+15005550009", 21614),
        ("not a number", 21211),
    ],
)
async def test_magic_recipients_are_refused_with_their_codes(client: Client, to: str, code: int) -> None:
    with pytest.raises(TwilioRestException) as caught:
        await client.messages.create_async(to=to, from_=SMS_SENDER, body="x")
    assert (caught.value.status, caught.value.code) == (400, code)


@pytest.mark.parametrize(
    ("sender", "code"),
    [
        ("+15005550001", 21212),
        ("+15005550007", 21606),
        ("+15005550008", 21611),
        ("+15559999999", 21606),
        ("whatsapp:+15559999999", 63007),
    ],
)
async def test_magic_senders_are_refused_with_their_codes(client: Client, sender: str, code: int) -> None:
    to = "whatsapp:+15551234567" if sender.startswith("whatsapp:") else "+15551234567"
    with pytest.raises(TwilioRestException) as caught:
        await client.messages.create_async(to=to, from_=sender, body="x")
    assert caught.value.code == code


async def test_text_is_required_and_limited(client: Client) -> None:
    with pytest.raises(TwilioRestException) as empty:
        await client.messages.create_async(to=number(), from_=SMS_SENDER, body="")
    assert empty.value.code == 21602
    with pytest.raises(TwilioRestException) as long:
        await client.messages.create_async(to=number(), from_=SMS_SENDER, body="x" * 1601)
    assert long.value.code == 21617


async def test_whatsapp_goes_to_whatsapp_only(client: Client) -> None:
    made = await client.messages.create_async(
        to=f"whatsapp:{number()}", from_=WHATSAPP_SENDER, body="Order ORD-2 confirmed!"
    )
    assert made.from_ == WHATSAPP_SENDER
    with pytest.raises(TwilioRestException) as mixed:
        await client.messages.create_async(to=number(), from_=WHATSAPP_SENDER, body="x")
    assert mixed.value.code == 21910


async def test_messages_are_listed_by_recipient_newest_first_in_pages(client: Client) -> None:
    to = number()
    sids = [(await client.messages.create_async(to=to, from_=SMS_SENDER, body=f"{n}")).sid for n in range(5)]
    await client.messages.create_async(to=number(), from_=SMS_SENDER, body="to somebody else")
    listed = await client.messages.list_async(to=to, page_size=2)
    assert [each.sid for each in listed] == sids[::-1]


async def test_strangers_get_20003(sandbox: Sandbox, transport: TwilioTransport) -> None:
    stranger = client_of(sandbox, transport, "wrong-token")
    with pytest.raises(TwilioRestException) as caught:
        await stranger.messages.create_async(to=number(), from_=SMS_SENDER, body="x")
    assert (caught.value.status, caught.value.code) == (401, 20003)


async def test_an_unknown_message_is_404(client: Client) -> None:
    with pytest.raises(TwilioRestException) as caught:
        await client.messages("SM" + "0" * 32).fetch_async()
    assert (caught.value.status, caught.value.code) == (404, 20404)


async def test_progress_is_told_by_signed_callbacks(
    client: Client, sandbox: Sandbox, mailbox: Mailbox
) -> None:
    url = f"{mailbox.url}?shop=1"
    made = await client.messages.create_async(
        to=number(), from_=SMS_SENDER, body="ä + b", status_callback=url
    )
    validator = RequestValidator(sandbox.twilio_token)
    for status in ("sent", "delivered"):
        told = mailbox.take()
        fields = dict(parse_qsl(told.body.decode()))
        assert (fields["MessageSid"], fields["MessageStatus"]) == (made.sid, status)
        assert validator.validate(url, fields, told.headers["x-twilio-signature"])
    done = await client.messages(made.sid).fetch_async()
    assert done.status == "delivered"
    assert done.date_sent is not None


async def test_a_message_that_does_not_arrive_says_why(
    client: Client, sandbox: Sandbox, mailbox: Mailbox
) -> None:
    sandbox.arm("twilio", "undelivered", code=63016)
    made = await client.messages.create_async(
        to=f"whatsapp:{number()}", from_=WHATSAPP_SENDER, body="x", status_callback=mailbox.url
    )
    assert dict(parse_qsl(mailbox.take().body.decode()))["MessageStatus"] == "sent"
    last = dict(parse_qsl(mailbox.take().body.decode()))
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "63016")
    assert (await client.messages(made.sid).fetch_async()).error_code == 63016


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("rate_limit", 429, 20429), ("server_error", 500, 20500), ("unavailable", 503, 20503)],
)
async def test_faults_look_like_twilios(
    client: Client, sandbox: Sandbox, fault: str, status: int, code: int
) -> None:
    sandbox.arm("twilio", fault)
    to = number()
    with pytest.raises(TwilioRestException) as caught:
        await client.messages.create_async(to=to, from_=SMS_SENDER, body="x")
    assert (caught.value.status, caught.value.code) == (status, code)
    assert not [each for each in sandbox.ledger()["messages"] if each["to"] == to]
