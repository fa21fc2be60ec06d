"""Settings that don't belong together, each planted alone in a healthy shop: what the doctor says, and its status."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.healthy import doctor

NUMBERS = {"twilio_sms_from": "+15551234567", "twilio_whatsapp_from": "+15551234567"}
PUBLIC = {"public_url": "https://shop.example", **NUMBERS}
LIVE = "sk_live_of_a_shop_that_is_none"


@pytest.mark.parametrize(
    ("changed", "status", "subject", "said"),
    [
        (
            {"stripe_webhook_secret": ""},
            1,
            "Stripe",
            "Not set: STRIPE_WEBHOOK_SECRET. The stage payment can't start without.",
        ),
        ({"stripe_api_key": "pk_test_publishable"}, 1, "Stripe", "STRIPE_API_KEY is no secret key"),
        ({"stripe_webhook_secret": "sk_test_1"}, 1, "Stripe", "STRIPE_WEBHOOK_SECRET is no signing secret"),
        (
            {"stripe_api_key": LIVE, "stripe_url": "http://sandbox:1"},
            1,
            "Stripe",
            "STRIPE_URL gives a live key to sandbox, which is not Stripe: unset STRIPE_URL.",
        ),
        ({"stripe_api_key": LIVE}, 3, "Stripe", "Stripe can't reach http://127.0.0.1:8081/ to say what was paid"),
        (PUBLIC, 3, "Stripe", "STRIPE_API_KEY is a test key, and PUBLIC_URL is public: no real card is charged"),
        (
            {"twilio_whatsapp_from": ""},
            1,
            "Twilio",
            "Not set: TWILIO_WHATSAPP_FROM. The stage notify can't start without.",
        ),
        (
            {"twilio_whatsapp_from": "whatsapp:+15551234567"},
            1,
            "Twilio",
            "TWILIO_WHATSAPP_FROM is no number with its country code: write it as +15551234567, nothing before it.",
        ),
        ({"twilio_account_sid": "SK12"}, 1, "Twilio", "TWILIO_ACCOUNT_SID is no account's"),
        (
            {**PUBLIC, "stripe_api_key": LIVE, "twilio_url": "http://sandbox:1"},
            3,
            "Twilio",
            "TWILIO_URL leads to sandbox, and PUBLIC_URL is public: messages reach no buyer.",
        ),
        (
            {**PUBLIC, "stripe_api_key": LIVE, "twilio_whatsapp_from": "+14155238886"},
            3,
            "Twilio",
            "TWILIO_WHATSAPP_FROM is a number of Twilio's sandbox",
        ),
        ({"source_keys": {"gateway": "hunter2"}}, 1, "Signing", "a key that is easy to guess (gateway)"),
        ({"source_keys": {"gateway": "a long random text"}}, 1, "Signing", "whoever guesses it can charge saved cards"),
        (
            {"gateway_host": "0.0.0.0"},
            1,
            "Doors",
            "OPEN_DOORS asks nobody for a key, and other machines could reach GATEWAY_HOST=0.0.0.0",
        ),
        (
            {"gateway_port": 8444, "console_port": 8444},
            1,
            "Ports",
            "GATEWAY_PORT and CONSOLE_PORT are both 8444: the second one to start can't. Give each its own.",
        ),
    ],
)  # fmt: skip
def test_a_setting_that_is_wrong(
    healthy: dict[str, Any], changed: dict[str, Any], status: int, subject: str, said: str
) -> None:
    found_status, [(found_subject, level, sentence)] = doctor({**healthy, **changed})
    assert (found_status, found_subject, level) == (status, subject, "error" if status == 1 else "warning")
    assert said in sentence
