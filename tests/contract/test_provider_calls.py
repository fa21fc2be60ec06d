"""What Prometheus is told of calls to providers, against the sandbox, a real mail server and a real endpoint."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import REGISTRY

from stages.adapters.database.webhook_endpoints import TakenDelivery
from stages.adapters.message_results import MessageUnavailable, MessageUncertain
from stages.adapters.payments import PaymentUnavailable
from stages.adapters.provider_calls import Provider, class_of_status
from stages.adapters.webhook_sender import NotDelivered, WebhookSender
from tests.contract.mail_room import mail_room
from tests.contract.test_mail import LETTER, mail_of
from tests.contract.test_messages import confirmation, messages_of
from tests.contract.test_payments import order_by
from tests.contract.unpaid_orders import stripe_of
from tests.fixtures_sandbox import Sandbox


class Told:
    """What was counted of a provider since this was made."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._before = self._all()

    def since(self) -> dict[str, float]:
        return {name: value - self._before[name] for name, value in self._all().items() if value}

    def _all(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for family in REGISTRY.collect():
            for sample in family.samples:
                if sample.labels.get("provider") != self._provider:
                    continue
                if sample.name == "tiktoksales_provider_errors_total":
                    found[sample.labels["class"]] = sample.value
                elif sample.name == "tiktoksales_provider_seconds_count":
                    found[sample.labels["outcome"]] = sample.value
        return found


def only(told: Told) -> dict[str, float]:
    return {name: value for name, value in told.since().items() if value}


async def test_payments_are_counted_by_what_became_of_each_request(sandbox: Sandbox) -> None:
    payments = stripe_of(sandbox, timeout_seconds=1.0)
    told = Told("stripe")  # every class is told as 0 from the beginning
    declined = await order_by(payments, "pm_card_chargeCustomerFail")
    good = await order_by(payments)
    assert only(told) == {"ok": 4}
    await payments.charge(declined, uuid4().hex)
    sandbox.arm("stripe", "server_error")
    with pytest.raises(PaymentUnavailable):
        await payments.charge(good, uuid4().hex)
    sandbox.arm("stripe", "timeout")
    with pytest.raises(PaymentUnavailable):
        await payments.charge(good, uuid4().hex)
    await payments.close()
    counted = only(told)
    # The time limits of the request and of the whole call are the same; either may be first.
    assert counted.pop("timeout", 0) + counted.pop("cancelled", 0) == 1
    assert counted == {"ok": 4, "error": 3, "declined": 1, "server_error": 1}


async def test_messages_are_counted_too(sandbox: Sandbox) -> None:
    messages = messages_of(sandbox)
    told = Told("twilio")
    await messages.send(confirmation())
    sandbox.arm("twilio", "rate_limit")
    with pytest.raises(MessageUnavailable):
        await messages.send(confirmation())
    sandbox.arm("twilio", "connection_reset")
    with pytest.raises(MessageUncertain):
        await messages.send(confirmation())
    await messages.close()
    assert only(told) == {"ok": 1, "error": 2, "rate_limit": 1, "connection": 1}


async def test_e_mails_are_counted_too() -> None:
    async with mail_room() as room:
        mail = mail_of(room)
        told = Told("email")
        await mail.send(LETTER)
        room.answer("RCPT", "550 no such user")
        await mail.send(LETTER)
        room.answer("MAIL", "451 later")
        with pytest.raises(MessageUnavailable):
            await mail.send(LETTER)
    with pytest.raises(MessageUnavailable):
        await mail.send(LETTER)
    assert only(told) == {"ok": 1, "error": 3, "request": 1, "server_error": 1, "connection": 1}


async def test_webhooks_are_counted_too() -> None:
    answers = [200, 500]

    async def hook(_: web.Request) -> web.Response:
        return web.Response(status=answers.pop(0))

    app = web.Application()
    app.router.add_post("/", hook)
    sender = WebhookSender(lambda: datetime.now(UTC), timeout_seconds=5.0, allow_private=True)
    told = Told("webhook")
    server = TestServer(app)
    await server.start_server()
    url = str(server.make_url("/"))
    delivery = TakenDelivery(uuid4(), uuid4(), uuid4(), "order.paid", b"{}", 1, url, "secret")
    await sender.send(delivery)
    with pytest.raises(NotDelivered):
        await sender.send(delivery)
    await server.close()
    await sender.close()
    assert only(told) == {"ok": 1, "error": 1, "server_error": 1}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, None),
        (303, None),
        (402, "declined"),
        (404, "request"),
        (429, "rate_limit"),
        (503, "server_error"),
    ],
)
def test_a_status_is_of_one_class(status: int, expected: str | None) -> None:
    assert class_of_status(status) == expected
