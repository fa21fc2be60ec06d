"""The sandbox's books survive what its process does not."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from stages.adapters.messages import Message, TwilioMessages
from stages.adapters.payments import Charge, Charged
from stages.sandbox.settings import SMS_SENDER, WHATSAPP_SENDER
from tests.contract.unpaid_orders import stripe_of
from tests.fixtures_sandbox import Sandbox, running_sandbox

KEYS = {
    "SANDBOX_STRIPE_KEY": "sk_test_that_stays_the_same",
    "SANDBOX_TWILIO_SID": "AC" + "1" * 32,
    "SANDBOX_TWILIO_TOKEN": "a-token-that-stays-the-same",
    "SANDBOX_WEBHOOK_SECRET": "whsec_that_stays_the_same",
}
ORDER = "ORD-20261122-00001"


async def act(sandbox: Sandbox, customer: tuple[str, str] | None) -> tuple[str, tuple[str, str]]:
    """Charges the order once more with the same key; returns the payment's id, and the card."""
    payments = stripe_of(sandbox)
    if customer is None:
        card = await payments.customer_with_card("@ana", "pm_card_visa", "seed-ana")
        customer = (card.customer, card.payment_method)
    charge = Charge("1", ORDER, 7999, "usd", *customer, "@ana", "@shop", "c1")
    result = await payments.charge(charge, f"charge:{ORDER}")
    await payments.close()
    assert isinstance(result, Charged)
    return result.payment_id, customer


async def test_charges_keys_and_messages_survive_a_sigkill(state_file: Path) -> None:
    with running_sandbox("--state", str(state_file), **KEYS) as sandbox:
        first, customer = await act(sandbox, None)
        messages = TwilioMessages(
            sandbox.twilio_sid, sandbox.twilio_token, SMS_SENDER, WHATSAPP_SENDER, url=sandbox.url
        )
        await messages.send(Message("+15551234567", f"Order {ORDER} confirmed!", "sms"))
        await messages.close()
        sandbox.process.kill()
        sandbox.process.wait()
    with running_sandbox("--state", str(state_file), **KEYS) as sandbox:
        again, _ = await act(sandbox, customer)
        ledger = sandbox.ledger()
    assert again == first
    assert [each["order"] for each in ledger["charges"]] == [ORDER]
    assert [each["body"] for each in ledger["messages"]] == [f"Order {ORDER} confirmed!"]


async def test_the_announcement_is_also_written_to_a_file(tmp_path: Path, browser: httpx.AsyncClient) -> None:
    ready = tmp_path / "ready.json"
    with running_sandbox("--ready-file", str(ready)) as sandbox:
        assert sandbox.url in ready.read_text()
        assert (await browser.get(f"{sandbox.url}/health")).json()["ok"] is True


@pytest.mark.parametrize(
    "line",
    [
        {"provider": "stripe", "fault": "sulk"},
        {"provider": "paypal", "fault": "timeout"},
        {"provider": "stripe", "fault": "undelivered"},
        {"provider": "stripe", "fault": "timeout", "times": 0},
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(
    sandbox: Sandbox, browser: httpx.AsyncClient, line: dict[str, object]
) -> None:
    assert (await browser.post(f"{sandbox.url}/faults", json=line)).status_code == 422


async def test_faults_are_skipped_counted_and_disarmed(
    own_sandbox: Sandbox, browser: httpx.AsyncClient
) -> None:
    own_sandbox.arm("stripe", "rate_limit", path_prefix="/v1/customers", skip=1, times=2)
    auth = httpx.BasicAuth(own_sandbox.stripe_key, "")
    answers = [
        (await browser.post(f"{own_sandbox.url}/v1/customers", auth=auth)).status_code for _ in range(4)
    ]
    assert answers == [200, 429, 429, 200]
    own_sandbox.arm("stripe", "rate_limit", times=5)
    assert (await browser.delete(f"{own_sandbox.url}/faults")).json() == {"armed": [], "fired": 2}
