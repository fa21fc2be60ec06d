"""What the message provider reports of messages under way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from twilio.request_validator import RequestValidator

from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.message_progress import MessageProgress, Report
from stages.adapters.message_results import NEEDS_TEMPLATE
from stages.doors.answers import refusals, refuse
from stages.messenger import TemplateAdvice

Status = Literal["sent", "delivered", "read", "undeliverable"]

STATUSES: Mapping[str, Status] = {
    "accepted": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "undeliverable",
    "failed": "undeliverable",
    "canceled": "undeliverable",
}
"""Twilio's words for how far a message is, and ours."""

_CODE = re.compile("[0-9]{1,9}")
_log = structlog.get_logger()


def twilio_routes(
    progress: MessageProgress, *, token: str, url: str, now: Callable[[], datetime]
) -> APIRouter:
    """`POST /webhooks/twilio`. `url` is the address that Twilio was given, and signs: what arrives here may have passed
    a proxy, and names whatever host it likes."""
    router = APIRouter(prefix="/webhooks", tags=["webhooks"])
    validator, advice = RequestValidator(token), TemplateAdvice()

    @router.post("/twilio", responses=refusals(403, 413, 503), summary="Reports of Twilio, signed by it")
    async def twilio(request: Request) -> JSONResponse:
        """A report moves its message forward; one of a message that is not ours, or is further, changes nothing. What
        could not be kept is answered 503."""
        fields = _fields(await request.body())
        query = f"?{request.url.query}" if request.url.query else ""
        signature = request.headers.get("x-twilio-signature", "")
        if fields is None or not validator.validate(f"{url}{query}", fields, signature):
            error = "This is not signed by Twilio for this address: see TWILIO_AUTH_TOKEN and PUBLIC_URL."
            return refuse(403, error)
        report = _report(fields, request.query_params.get("notification"))
        if report is None:
            return JSONResponse({"ok": True, "moved": False})
        try:
            moved = await progress.take(report, now())
        except DatabaseUnavailable as error:
            _log.warning("report waits for the database", sid=report.sid, error=str(error))
            return refuse(503, "The report could not be kept. Please send it again.")
        if moved and report.code == NEEDS_TEMPLATE:
            advice.give(moved)
        return JSONResponse({"ok": True, "moved": moved is not None})

    return router


def _fields(body: bytes) -> dict[str, str] | None:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except ValueError:  # no UTF-8, or far too many fields
        return None


def _report(fields: Mapping[str, str], notification: str | None) -> Report | None:
    """What Twilio says, or None where it says nothing of a message's progress."""
    status, sid = STATUSES.get(fields.get("MessageStatus", "")), fields.get("MessageSid")
    if status is None or not sid or "\0" in sid:  # no database text holds that
        return None
    code = fields.get("ErrorCode", "")
    return Report(sid, status, _uuid(notification), int(code) if _CODE.fullmatch(code) else None)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
