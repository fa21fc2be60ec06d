"""The Message resource: created, fetched, listed (twilio.com/docs/messaging/api/message-resource)."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import urlencode

from stages.sandbox.faults import Fault, FaultKind
from stages.sandbox.messages.content import worded
from stages.sandbox.messages.errors import TwilioRefusal, check_recipient, check_sender, not_found
from stages.sandbox.settings import SandboxSettings
from stages.sandbox.store import Document, Store

LONGEST_BODY = 1600
OUTSIDE_WINDOW = 63016
_LARGEST_PAGE = 1000
_NO_LIMIT = 2**62


def create(
    store: Store, settings: SandboxSettings, form: Mapping[str, str], fault: Fault | None, now: float
) -> Document:
    """Takes a message and queues it; raises TwilioRefusal."""
    to, sender = form.get("To", ""), form.get("From", "")
    body = worded(form, settings.contents) if form.get("ContentSid") else form.get("Body", "")
    if not to:
        raise TwilioRefusal(400, 21604, "A 'To' phone number is required.")
    if not sender:
        raise TwilioRefusal(400, 21603, "A 'From' phone number is required.")
    if not body:
        raise TwilioRefusal(400, 21602, "Message body is required.")
    if len(body) > LONGEST_BODY:
        raise TwilioRefusal(
            400, 21617, f"The concatenated message body exceeds the {LONGEST_BODY} character limit"
        )
    check_sender(sender, settings.senders)
    check_recipient(to, sender)
    error = _later_error(settings, form, fault)
    sid = f"SM{secrets.token_hex(16)}"
    values = {
        "sid": sid,
        "recipient": to,
        "sender": sender,
        "body": body,
        "status": "queued",
        "last_status": "undelivered" if error else "delivered",
        "last_error": error,
        "status_callback": form.get("StatusCallback") or None,
        "created": now,
        "due_at": now + settings.message_step_seconds,
    }
    store.run("insert_message", values)
    return fetch(store, settings, sid)


def _later_error(settings: SandboxSettings, form: Mapping[str, str], fault: Fault | None) -> int | None:
    """The error code that it will fail with after it was taken."""
    if fault is not None and fault.fault is FaultKind.UNDELIVERED:
        return fault.code
    is_free_text = form["To"].startswith("whatsapp:") and not form.get("ContentSid")
    return OUTSIDE_WINDOW if settings.whatsapp_window and is_free_text else None


def fetch(store: Store, settings: SandboxSettings, sid: str) -> Document:
    """The message as it is now; raises TwilioRefusal where there is none."""
    row = store.one("select_message", {"sid": sid})
    if row is None:
        raise not_found(f"/2010-04-01/Accounts/{settings.twilio_sid}/Messages/{sid}.json")
    return shown(row, settings)


def page(store: Store, settings: SandboxSettings, query: Mapping[str, str]) -> Document:
    """One page, newest first, filtered by To and From, with the address of the next."""
    size = _size(query.get("PageSize"))
    values = {
        "recipient": query.get("To") or None,
        "sender": query.get("From") or None,
        "before": _before(store, query.get("PageToken")),
        "limit": size + 1,
    }
    rows = store.many("list_messages", values)
    number = int(query.get("Page") or 0)
    url = f"/2010-04-01/Accounts/{settings.twilio_sid}/Messages.json"
    filters = {name: query[name] for name in ("To", "From") if query.get(name)} | {"PageSize": str(size)}
    following = None
    if len(rows) > size:
        turn = {"Page": str(number + 1), "PageToken": f"PA{rows[size - 1]['sid']}"}
        following = f"{url}?{urlencode(filters | turn)}"
    return {
        "messages": [shown(row, settings) for row in rows[:size]],
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(0, len(rows[:size]) - 1),
        "uri": f"{url}?{urlencode(filters)}",
        "first_page_uri": f"{url}?{urlencode(filters | {'Page': '0'})}",
        "next_page_uri": following,
        "previous_page_uri": None,
    }


def _size(text: str | None) -> int:
    if text is None:
        return 50
    if not text.isdigit() or int(text) < 1:
        raise TwilioRefusal(400, 20001, f"Invalid PageSize: {text}")
    return min(int(text), _LARGEST_PAGE)


def _before(store: Store, token: str | None) -> int:
    if token is None:
        return _NO_LIMIT
    row = store.one("select_message_position", {"sid": token.removeprefix("PA")})
    if row is None:
        raise TwilioRefusal(400, 20001, f"Invalid PageToken: {token}")
    position: int = row["seq"]
    return position


def shown(row: sqlite3.Row, settings: SandboxSettings) -> Document:
    """The row as the API shows it. `date_sent` is null while the message is queued."""
    url = f"/2010-04-01/Accounts/{settings.twilio_sid}/Messages/{row['sid']}"
    return {
        "account_sid": settings.twilio_sid,
        "api_version": "2010-04-01",
        "body": row["body"],
        "date_created": _date(row["created"]),
        "date_sent": _date(row["sent"]),
        "date_updated": _date(row["updated"]),
        "direction": "outbound-api",
        "error_code": row["error_code"],
        "error_message": None,
        "from": row["sender"],
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": row["sid"],
        "status": row["status"],
        "subresource_uris": {"media": f"{url}/Media.json"},
        "to": row["recipient"],
        "uri": f"{url}.json",
    }


def _date(moment: float | None) -> str | None:
    return None if moment is None else formatdate(moment, usegmt=False).replace("-0000", "+0000")
