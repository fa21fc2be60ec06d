"""The message adapter against the sandbox, faults included: a message is never doubled by guessing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from stages.adapters.messages import (
    Channel,
    Message,
    MessageMisused,
    MessageUnavailable,
    MessageUncertain,
    Sent,
    TwilioMessages,
    Undeliverable,
)
from stages.sandbox.settings import SMS_SENDER, WHATSAPP_SENDER
from tests.fixtures_sandbox import Sandbox, running_sandbox


def messages_of(
    sandbox: Sandbox,
    *,
    token: str | None = None,
    timeout_seconds: float = 10.0,
    sms_sender: str = SMS_SENDER,
) -> TwilioMessages:
    return TwilioMessages(
        sandbox.twilio_sid,
        token or sandbox.twilio_token,
        sms_sender,
        WHATSAPP_SENDER,
        url=sandbox.url,
        timeout_seconds=timeout_seconds,
    )


@pytest.fixture(scope="module")
async def messages(sandbox: Sandbox) -> AsyncIterator[TwilioMessages]:
    messages = messages_of(sandbox)
    yield messages
    await messages.close()


@pytest.fixture
async def hasty(sandbox: Sandbox) -> AsyncIterator[TwilioMessages]:
    """Waits one second for an answer."""
    messages = messages_of(sandbox, timeout_seconds=1.0)
    yield messages
    await messages.close()


def confirmation(channel: Channel = "sms") -> Message:
    """A text of its own to a number of its own."""
    return Message(f"+1555{uuid4().int % 10**7:07}", f"Order ORD-{uuid4().hex} confirmed! 💕", channel)


def taken(sandbox: Sandbox, message: Message) -> list[str]:
    """Where the provider has this text going."""
    return [each["to"] for each in sandbox.ledger()["messages"] if each["body"] == message.body]


@pytest.mark.parametrize(("channel", "prefix"), [("sms", ""), ("whatsapp", "whatsapp:")])
async def test_a_message_goes_out_on_its_channel(
    messages: TwilioMessages, sandbox: Sandbox, channel: Channel, prefix: str
) -> None:
    message = confirmation(channel)
    sent = await messages.send(message)
    assert isinstance(sent, Sent)
    assert sent.status == "queued"
    assert taken(sandbox, message) == [prefix + message.to]


@pytest.mark.parametrize(
    ("to", "code"),
    [("+15005550001", 21211), ("+15005550004", 21610), ("+15005550009", 21614), ("+15005550003", 21408)],
)
async def test_a_recipient_who_cannot_be_reached_is_a_result(
    messages: TwilioMessages, to: str, code: int
) -> None:
    result = await messages.send(Message(to, "x", "sms"))
    assert isinstance(result, Undeliverable)
    assert result.code == code


@pytest.mark.parametrize("fault", ["timeout_after_success", "connection_reset_after_success"])
async def test_a_message_whose_answer_is_lost_is_found_again(
    hasty: TwilioMessages, messages: TwilioMessages, sandbox: Sandbox, fault: str
) -> None:
    message = confirmation("whatsapp")
    sandbox.arm("twilio", fault)
    with pytest.raises(MessageUncertain):
        await hasty.send(message)
    found = await messages.find(message.to, message.body)
    assert isinstance(found, Sent)
    assert await messages.find(message.to, message.body, "whatsapp") is not None
    assert await messages.find(message.to, message.body, "sms") is None
    assert taken(sandbox, message) == [f"whatsapp:{message.to}"]


@pytest.mark.parametrize("fault", ["timeout", "connection_reset", "server_error"])
async def test_what_may_have_been_taken_is_uncertain_and_not_found_if_it_was_not(
    hasty: TwilioMessages, messages: TwilioMessages, sandbox: Sandbox, fault: str
) -> None:
    message = confirmation()
    sandbox.arm("twilio", fault)
    with pytest.raises(MessageUncertain):
        await hasty.send(message)
    assert await messages.find(message.to, message.body) is None
    assert taken(sandbox, message) == []


@pytest.mark.parametrize(("fault", "code"), [("rate_limit", 20429), ("unavailable", 20503)])
async def test_what_was_surely_not_taken_may_be_sent_again(
    messages: TwilioMessages, sandbox: Sandbox, fault: str, code: int
) -> None:
    message = confirmation()
    sandbox.arm("twilio", fault)
    with pytest.raises(MessageUnavailable) as caught:
        await messages.send(message)
    assert caught.value.code == code
    assert isinstance(await messages.send(message), Sent)
    assert taken(sandbox, message) == [message.to]


async def test_a_provider_that_is_away_took_nothing() -> None:
    with running_sandbox() as gone:
        messages = messages_of(gone)
        gone.process.kill()
        gone.process.wait()
        with pytest.raises(MessageUnavailable):
            await messages.send(confirmation())
        with pytest.raises(MessageUnavailable):
            await messages.find("+15550001111", "x")
        await messages.close()


async def test_a_full_queue_is_waited_out(sandbox: Sandbox) -> None:
    messages = messages_of(sandbox, sms_sender="+15005550008")
    with pytest.raises(MessageUnavailable) as caught:
        await messages.send(confirmation())
    await messages.close()
    assert caught.value.code == 21611


async def test_a_wrong_token_or_sender_is_ours_to_mend(sandbox: Sandbox) -> None:
    for messages, code in (
        (messages_of(sandbox, token="wrong"), 20003),
        (messages_of(sandbox, sms_sender="+15550009999"), 21606),
    ):
        with pytest.raises(MessageMisused) as caught:
            await messages.send(confirmation())
        await messages.close()
        assert caught.value.code == code


async def test_the_exact_text_is_found_among_others(messages: TwilioMessages) -> None:
    message = confirmation()
    sids = {}
    for body in (message.body, message.body + " ", message.body.lower()):
        sent = await messages.send(Message(message.to, body, "sms"))
        assert isinstance(sent, Sent)
        sids[body] = sent.sid
    found = await messages.find(message.to, message.body)
    assert found is not None
    assert found.sid == sids[message.body]


async def test_a_message_is_found_among_thousands_of_the_same_recipient(messages: TwilioMessages) -> None:
    message = confirmation()
    began = datetime.now(UTC)
    sent = await messages.send(message)
    assert isinstance(sent, Sent)
    for hundred in range(11):  # more than the provider puts on a page
        others = (Message(message.to, f"another {hundred} {number}", "sms") for number in range(100))
        await asyncio.gather(*(messages.send(other) for other in others))
    found = await messages.find(message.to, message.body, "sms", began)
    assert found is not None
    assert found.sid == sent.sid
    assert await messages.find(message.to, "never sent", "sms", began + timedelta(hours=1)) is None
