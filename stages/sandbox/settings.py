"""What a sandbox is started with."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SMS_SENDER = "+15005550006"
"""Twilio's documented test number that passes every check."""

WHATSAPP_SENDER = "whatsapp:+14155238886"
"""The sender of Twilio's own WhatsApp sandbox."""


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """One Stripe account and one Twilio account; times are seconds."""

    stripe_key: str
    webhook_secret: str
    twilio_sid: str
    twilio_token: str
    state: Path | None = None
    """The SQLite file that survives a SIGKILL; None keeps everything in memory."""
    webhook_url: str | None = None
    """Where Stripe events go, besides the endpoints created through `/v1/webhook_endpoints`."""
    webhook_events: tuple[str, ...] = ("*",)
    """The kinds of events that go there; `*` is all of them."""
    senders: tuple[str, ...] = (SMS_SENDER, WHATSAPP_SENDER)
    """The numbers the Twilio account owns; any other `From` is refused."""
    contents: Mapping[str, str] = field(default_factory=dict)
    """The approved templates by their ContentSid; {{1}}, {{2}}, ... stand for the variables."""
    whatsapp_window: bool = False
    """Whether free text on WhatsApp fails with 63016, as to somebody who hasn't written for 24 hours."""
    latency_seconds: float = 0.0
    """How long each accepted write takes before it happens."""
    message_step_seconds: float = 0.05
    """Time between queued, sent and delivered."""
    delivery_retry_seconds: float = 0.25
    """First pause before a webhook is sent again; doubles up to a minute."""
    fault_seed: int = 0
    """Seed of the dice for faults armed with a share below 1."""


def settings_from(environment: Mapping[str, str], state: Path | None) -> SandboxSettings:
    """Settings from `SANDBOX_*` variables; keys that are not given are drawn at random."""
    return SandboxSettings(
        stripe_key=environment.get("SANDBOX_STRIPE_KEY") or f"sk_test_{secrets.token_hex(16)}",
        webhook_secret=environment.get("SANDBOX_WEBHOOK_SECRET") or f"whsec_{secrets.token_hex(16)}",
        twilio_sid=environment.get("SANDBOX_TWILIO_SID") or f"AC{secrets.token_hex(16)}",
        twilio_token=environment.get("SANDBOX_TWILIO_TOKEN") or secrets.token_hex(16),
        state=state,
        webhook_url=environment.get("SANDBOX_WEBHOOK_URL") or None,
        webhook_events=tuple(environment.get("SANDBOX_WEBHOOK_EVENTS", "*").split(",")),
        contents=json.loads(environment.get("SANDBOX_CONTENTS", "{}")),
        whatsapp_window=environment.get("SANDBOX_WHATSAPP_WINDOW") == "1",
        latency_seconds=float(environment.get("SANDBOX_LATENCY_SECONDS", "0")),
        message_step_seconds=float(environment.get("SANDBOX_MESSAGE_STEP_SECONDS", "0.05")),
        fault_seed=int(environment.get("SANDBOX_FAULT_SEED", "0")),
    )
