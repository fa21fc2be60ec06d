"""How a message moves: queued, sent, then delivered or not; each step is told to its status callback."""

from __future__ import annotations

import sqlite3
from urllib.parse import urlencode

from stages.sandbox.settings import SandboxSettings
from stages.sandbox.store import Store

_CALLBACK_ATTEMPTS = 5


def move_due_messages(store: Store, settings: SandboxSettings, now: float) -> int:
    """Moves every message that is due one step on and returns how many did."""
    due = store.many("select_due_messages", {"now": now})
    for message in due:
        _move(store, settings, message, now)
    return len(due)


def _move(store: Store, settings: SandboxSettings, message: sqlite3.Row, now: float) -> None:
    ends = message["status"] != "queued"
    status = message["last_status"] if ends else "sent"
    values = {
        "sid": message["sid"],
        "status": status,
        "error_code": message["last_error"] if ends else None,
        "sent": now,
        "now": now,
        "due_at": None if ends else now + settings.message_step_seconds,
    }
    store.run("move_message", values)
    if message["status_callback"] is not None:
        _tell(store, settings, message, status, values["error_code"])


def read(store: Store, settings: SandboxSettings, sid: str, now: float) -> bool:
    """The recipient opens a WhatsApp message that was delivered; False where there is none."""
    message = store.one("select_message", {"sid": sid})
    if message is None or message["status"] != "delivered" or not message["sender"].startswith("whatsapp:"):
        return False
    values = {"sid": sid, "status": "read", "error_code": None, "sent": now, "now": now, "due_at": None}
    store.run("move_message", values)
    if message["status_callback"] is not None:
        _tell(store, settings, message, "read", None)
    return True


def _tell(
    store: Store, settings: SandboxSettings, message: sqlite3.Row, status: str, error_code: int | None
) -> None:
    fields = {
        "AccountSid": settings.twilio_sid,
        "ApiVersion": "2010-04-01",
        "From": message["sender"],
        "MessageSid": message["sid"],
        "MessageStatus": status,
        "SmsSid": message["sid"],
        "SmsStatus": status,
        "To": message["recipient"],
    }
    if error_code is not None:
        fields["ErrorCode"] = str(error_code)
    delivery = {
        "scheme": "twilio",
        "url": message["status_callback"],
        "secret": settings.twilio_token,
        "body": urlencode(fields).encode(),
        "attempts_limit": _CALLBACK_ATTEMPTS,
        "due_at": 0.0,
    }
    store.run("insert_delivery", delivery)
