"""Whether the providers are named, and are the ones that the shop's buyers need."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import SecretStr

from pipeline.finding import Finding
from stages.doors.loopback import is_loopback
from stages.settings import ShopSettings

_STRIPE = ("stripe_api_key", "stripe_webhook_secret")
_TWILIO = ("twilio_account_sid", "twilio_auth_token", "twilio_sms_from", "twilio_whatsapp_from")
_LIVE = ("sk_live_", "rk_live_")
_TEST = ("sk_test_", "rk_test_")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")  # E.164
# Twilio's own: the number of its WhatsApp sandbox, and those for test credentials.
_SHARED = re.compile(r"\+14155238886|\+1500555\d{4}")


def pictures_finding(settings: ShopSettings) -> Finding:
    """Where products and frames are."""
    subject = "Pictures"
    names = ("catalog_url", "frames_url")
    return _missing(settings, subject, names, "The stage vision") or _set(subject, names)


def stripe_finding(settings: ShopSettings) -> Finding:
    """Key, webhook and address, and whether they belong together."""
    subject = "Stripe"
    if missing := _missing(settings, subject, _STRIPE, "The stage payment"):
        return missing
    key, elsewhere = _value(settings, "stripe_api_key"), settings.stripe_url
    if not key.startswith((*_LIVE, *_TEST)):
        words = (
            "STRIPE_API_KEY is no secret key, which begins with sk_ or rk_: copy it from Stripe's dashboard."
        )
        return Finding("error", subject, words)
    if not _value(settings, "stripe_webhook_secret").startswith("whsec_"):
        return Finding(
            "error",
            subject,
            "STRIPE_WEBHOOK_SECRET is no signing secret, which begins with whsec_: every event of Stripe would be "
            "refused. Copy it from the webhook's page in Stripe's dashboard.",
        )
    if elsewhere and key.startswith(_LIVE):
        words = f"STRIPE_URL gives a live key to {_host(elsewhere)}, which is not Stripe: unset STRIPE_URL."
        return Finding("error", subject, words)
    if key.startswith(_LIVE) and not is_public(settings):
        return Finding(
            "warning",
            subject,
            f"The key is a live one, and Stripe can't reach {settings.public_url} to say what was paid: set PUBLIC_URL "
            "to the gateway's public address.",
        )
    if is_public(settings) and (elsewhere or key.startswith(_TEST)):
        why = f"STRIPE_URL leads to {_host(elsewhere)}" if elsewhere else "STRIPE_API_KEY is a test key"
        return Finding(
            "warning",
            subject,
            f"{why}, and PUBLIC_URL is public: no real card is charged, and orders count as paid all the same. "
            "Use a live key, without STRIPE_URL, where real buyers come.",
        )
    return _set(subject, _STRIPE)


def twilio_finding(settings: ShopSettings) -> Finding:
    """Account, numbers and address, and whether they belong together."""
    subject = "Twilio"
    if missing := _missing(settings, subject, _TWILIO, "The stage notify"):
        return missing
    if not settings.twilio_account_sid.startswith("AC"):
        words = "TWILIO_ACCOUNT_SID is no account's, which begins with AC: copy it from Twilio's console."
        return Finding("error", subject, words)
    numbers = {name.upper(): _value(settings, name) for name in ("twilio_sms_from", "twilio_whatsapp_from")}
    for name, number in numbers.items():
        if not _NUMBER.fullmatch(number):
            words = f"{name} is no number with its country code: write it as +15551234567, nothing before it."
            return Finding("error", subject, words)
    if is_public(settings):
        shared = [name for name, number in numbers.items() if _SHARED.fullmatch(number)]
        if settings.twilio_url or shared:
            why = f"TWILIO_URL leads to {_host(settings.twilio_url)}" if settings.twilio_url else ""
            why = why or f"{shared[0]} is a number of Twilio's sandbox"
            return Finding(
                "warning",
                subject,
                f"{why}, and PUBLIC_URL is public: messages reach no buyer. Use numbers of your own, without "
                "TWILIO_URL, where real buyers come.",
            )
    return _set(subject, _TWILIO)


def is_public(settings: ShopSettings) -> bool:
    """Whether buyers come from elsewhere: PUBLIC_URL is another one than this machine's."""
    return not is_loopback(settings.public_url.host or "")


def _missing(settings: ShopSettings, subject: str, names: tuple[str, ...], user: str) -> Finding | None:
    missing = [name.upper() for name in names if not _value(settings, name)]
    if not missing:
        return None
    return Finding("error", subject, f"Not set: {', '.join(missing)}. {user} can't start without.")


def _set(subject: str, names: tuple[str, ...]) -> Finding:
    return Finding("ok", subject, f"Set: {', '.join(name.upper() for name in names)}.")


def _value(settings: ShopSettings, name: str) -> str:
    value = getattr(settings, name)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
