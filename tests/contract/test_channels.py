"""Which channel a message takes, row by row of the table of Twilio's errors: to the next only where the last surely
refused it, and never twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs

from stages.adapters.database import Database
from stages.adapters.messages import Channel, TwilioMessages
from stages.sandbox.settings import SMS_SENDER, WHATSAPP_SENDER
from tests.contract.message_desk import CLAIM_SECONDS, Desk, desk_of
from tests.e2e.shop import until
from tests.fixtures_sandbox import Sandbox, running_sandbox

BOTH: tuple[Channel, ...] = ("whatsapp", "sms")


@pytest.fixture(scope="module")
def message_sandbox() -> Iterator[Sandbox]:
    """Providers for this module alone: an armed fault meets nobody else's message."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
async def desk(database: Database, message_sandbox: Sandbox) -> AsyncIterator[Desk]:
    async with desk_of(database, message_sandbox) as desk:
        yield desk


async def test_whatsapp_comes_first_and_is_enough(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    await desk.tell(order, order)
    assert await desk.told(order) == [("whatsapp", "sent", None)]
    [message] = desk.messages(buyer)
    assert message["to"] == f"whatsapp:{buyer.phone}"
    assert order.order_number in message["body"]


async def test_nobody_is_written_to_without_consent(desk: Desk) -> None:
    buyer = await desk.buyer()
    order = await desk.order(buyer)
    await desk.tell(order)
    assert await desk.told(order) == [("console", "console", None)]
    assert desk.messages(buyer) == []


async def test_the_newest_word_on_a_channel_counts(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH)
    await desk.consents.withdraw(buyer.id, "whatsapp", "host")
    first = await desk.order(buyer)
    await desk.tell(first)
    await desk.consents.grant(buyer.id, "whatsapp", "onboarding")
    second = await desk.order(buyer)
    await desk.tell(second)
    assert [*await desk.told(first), *await desk.told(second)] == [
        ("sms", "sent", None),
        ("whatsapp", "sent", None),
    ]
    consent = (await desk.consents.of(buyer.id))["whatsapp"]
    assert (consent.granted, consent.source) == (True, "onboarding")


async def test_the_channel_that_somebody_registered_with_counts_as_agreed_to(desk: Desk) -> None:
    buyer = await desk.buyer()
    await desk.row("update buyers set channel = 'sms' where id = $1 returning id", buyer.id)
    consents = await desk.consents.of(buyer.id)
    assert [(channel, each.granted, each.source) for channel, each in consents.items()] == [
        ("sms", True, "registered")
    ]
    order = await desk.order(buyer)
    await desk.tell(order)
    assert await desk.told(order) == [("sms", "sent", None)]


@pytest.mark.parametrize(
    "code",
    [
        21211,  # no valid number
        21614,  # no mobile number
        63016,  # free text outside the 24-hour window
        63024,  # no valid recipient
        63014,  # blocked by the recipient
        21610,  # the recipient answered STOP
    ],
)
async def test_a_refused_message_goes_out_on_the_next_channel(desk: Desk, code: int) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    desk.sandbox.arm("twilio", "refused", code=code)
    await desk.tell(order, order)
    assert await desk.told(order) == [("whatsapp", "undeliverable", str(code)), ("sms", "sent", None)]
    assert [each["to"] for each in desk.messages(buyer)] == [buyer.phone]


@pytest.mark.parametrize("code", [21211, 21610, 21614, 63014, 63024])
async def test_a_message_that_every_channel_refuses_is_over(desk: Desk, code: int) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    desk.sandbox.arm("twilio", "refused", code=code, times=2)
    await desk.tell(order)
    assert await desk.told(order) == [(each, "undeliverable", str(code)) for each in BOTH]
    assert desk.messages(buyer) == []
    assert desk.run.dead == []


@pytest.mark.parametrize(("code", "source"), [(21610, "STOP"), (63014, "blocked")])
async def test_who_stops_or_blocks_us_gets_no_more_on_that_channel(
    desk: Desk, code: int, source: str
) -> None:
    buyer = await desk.buyer(*BOTH)
    first, second = await desk.order(buyer), await desk.order(buyer)
    desk.sandbox.arm("twilio", "refused", code=code)
    await desk.tell(first)
    await desk.tell(second)
    assert await desk.told(second) == [("sms", "sent", None)]
    consents = await desk.consents.of(buyer.id)
    assert (consents["whatsapp"].granted, consents["whatsapp"].source) == (False, source)
    assert consents["sms"].granted


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("rate_limit", 20429),
        ("refused", 20429),
        ("refused", 21611),
        ("refused", 30001),
        ("refused", 30003),
        ("refused", 63018),
        ("unavailable", 20503),
    ],
)
async def test_what_passes_is_waited_out_on_the_same_channel(desk: Desk, fault: str, code: int) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    desk.sandbox.arm("twilio", fault, code=code, times=2)
    began = desk.clock()
    await desk.tell(order)
    assert await desk.told(order) == [("whatsapp", "sent", None)]
    assert len(desk.messages(buyer)) == 1
    assert desk.clock() - began >= 2 * CLAIM_SECONDS


async def test_a_phone_that_stays_out_of_reach_is_given_up_after_a_few_times(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    desk.sandbox.arm("twilio", "refused", code=30003, times=3)
    await desk.tell(order)
    assert await desk.told(order) == [("whatsapp", "undeliverable", "30003"), ("sms", "sent", None)]


@pytest.mark.parametrize(
    "fault", ["timeout_after_success", "connection_reset_after_success", "server_error_after_success"]
)
async def test_a_message_whose_answer_is_lost_is_looked_up_and_sent_once(desk: Desk, fault: str) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    desk.sandbox.arm("twilio", fault)
    await desk.tell(order, order)
    assert await desk.told(order) == [("whatsapp", "sent", None)]
    [message] = desk.messages(buyer)
    row = await desk.row("select message_sid from payment_notifications where order_id = $1 "
                         "and recipient = 'buyer'", order.order_id)  # fmt: skip
    assert row["message_sid"] == message["sid"]


@pytest.mark.parametrize("fault", ["timeout", "server_error", "connection_reset"])
async def test_where_nobody_knows_whether_it_went_nothing_is_sent_again(desk: Desk, fault: str) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    desk.sandbox.arm("twilio", fault)
    await desk.tell(order, order)
    assert await desk.told(order) == [("whatsapp", "uncertain", "MessageUncertain")]
    assert desk.messages(buyer) == []


async def test_a_message_that_had_failed_when_it_was_looked_up_takes_the_next_channel(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    desk.sandbox.arm("twilio", "undelivered", code=63024)
    await desk.tell(order)

    async def failed() -> bool:
        return [each["status"] for each in desk.messages(buyer)] == ["undelivered"]

    await until(failed, "the message has failed on its way")
    # Somebody died after sending it, and before noting that.
    await desk.row(
        "update payment_notifications set status = 'claimed', message_sid = null where order_id = $1 "
        "and recipient = 'buyer' returning id",
        order.order_id,
    )
    desk.clock.advance(CLAIM_SECONDS + 1)
    await desk.tell(order)
    assert await desk.told(order) == [("whatsapp", "undeliverable", "63024"), ("sms", "sent", None)]


async def test_free_text_that_needs_a_template_is_said_to_need_one_once(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH)
    orders = [await desk.order(buyer) for _ in range(3)]
    desk.sandbox.arm("twilio", "refused", code=63016, times=1)
    with capture_logs() as logs:
        await desk.tell(orders[0])
        desk.sandbox.arm("twilio", "refused", code=63016, times=1)
        await desk.tell(orders[1])
    advice = [line for line in logs if "WHATSAPP_TEMPLATES" in line["event"]]
    assert [line["kind"] for line in advice] == ["confirmed"]


async def test_while_our_account_is_refused_messages_wait_and_none_is_lost(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    right = desk.carriers["whatsapp"]
    wrong = TwilioMessages(desk.sandbox.twilio_sid, "wrong", SMS_SENDER, WHATSAPP_SENDER, desk.sandbox.url)
    desk.carriers["whatsapp"] = wrong
    desk.run.add("notify", order)
    with capture_logs() as logs:
        for _ in range(30):  # far more often than anything else is tried
            await desk.run.settle()
            desk.run.jump()
    await wrong.close()
    assert {(line["code"], line["log_level"]) for line in logs if "code" in line} == {(20003, "error")}
    assert (desk.run.dead, desk.run.ends) == ([], [])
    desk.carriers["whatsapp"] = right
    await desk.run.until_idle()
    assert await desk.told(order) == [("whatsapp", "sent", None)]
    assert len(desk.messages(buyer)) == 1


async def test_a_message_of_our_own_making_that_cannot_be_sent_is_a_dead_letter(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    desk.sandbox.arm("twilio", "refused", code=21617)
    await desk.tell(order)
    [letter] = desk.run.dead
    assert letter.error == "MessageMisused"


async def test_two_workers_with_the_same_message_send_one(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    for _ in range(8):
        desk.run.add("notify", order)
    await desk.run.until_idle()
    assert len(desk.messages(buyer)) == 1


async def test_what_is_stored_of_a_message_names_no_number(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH, email="ana.desk@example.com")
    order = await desk.order(buyer)
    await desk.tell(order)
    row = await desk.row("select n::text as all from payment_notifications as n where order_id = $1 "
                         "and recipient = 'buyer'", order.order_id)  # fmt: skip
    assert order.order_number in row["all"]
    assert buyer.phone not in row["all"]
    assert "ana.desk" not in row["all"]
