"""The decision table from Twilio's answers and broken connections to what the shop does.

Source: twilio.com/docs/api/errors. Twilio has no idempotency keys, so what matters most is whether the message
can have been taken.
"""

from __future__ import annotations

import json

from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.response import Response

from stages.adapters.http_session import NotSent
from stages.adapters.message_results import (
    MessageMisused,
    MessageUnavailable,
    MessageUncertain,
    Undeliverable,
)

_TRY_AGAIN = frozenset(
    {
        20429,  # too many requests
        21611,  # the sender's queue is full
        30001,  # queue overflow
        30003,  # the phone is off or out of reach: a few times only (MessageUnavailable.of_recipient)
        63018,  # WhatsApp's rate limit for this sender
        20503,  # the service says itself that it is unavailable
    }
)
_OURS = frozenset(
    {
        20003,  # wrong account or token
        20008,  # test credentials at a live resource
        20404,  # no such account
        21212,  # invalid sender
        21602,  # no text
        21603,  # no sender
        21604,  # no recipient
        21606,  # the sender is not ours
        21617,  # the text is too long
        21655,  # no such template
        21656,  # the template's variables are not right
        21660,  # the sender belongs to another account
        21910,  # recipient and sender are of different channels
        63007,  # no such WhatsApp sender
    }
)


def outcome_of(
    error: TwilioException,
) -> Undeliverable | MessageUnavailable | MessageUncertain | MessageMisused:
    """What a refusal means for the message: a result to keep, or an exception to raise."""
    if not isinstance(error, TwilioRestException | TwilioServiceException):
        answered = _answer_in(error)
        if answered is None:
            return MessageMisused(0, f"The message could not be built: {error}")
        error = answered
    code, status, said = error.code or 0, error.status, str(error)
    if code in _TRY_AGAIN or status == 429:
        return MessageUnavailable(said, code)
    if status >= 500:
        # The failure may lie behind the point where the message was taken.
        return MessageUncertain(said)
    if code in _OURS or status in (401, 403, 404):
        return MessageMisused(code or status, said)
    return Undeliverable(code, said)


def _answer_in(error: TwilioException) -> TwilioRestException | None:
    """The answer that the SDK, where it reads lists, puts into an exception that says nothing of it."""
    answer = error.args[1] if len(error.args) > 1 else None
    if not isinstance(answer, Response):
        return None
    try:
        told = json.loads(answer.text)
    except ValueError:  # a proxy's page, say
        told = {}
    code = told.get("code") if isinstance(told, dict) else None
    return TwilioRestException(answer.status_code, "/Messages.json", "The list was refused.", code)


def passes(code: int) -> bool:
    """Whether a message that failed on its way with this code may yet arrive when it is sent again."""
    return code in _TRY_AGAIN


def connection_outcome(error: Exception) -> MessageUnavailable | MessageUncertain:
    """What a broken connection means: before the request went out nothing can have been taken."""
    if isinstance(error, NotSent):
        return MessageUnavailable(f"Twilio cannot be reached: {error!r}")
    return MessageUncertain(f"The connection to Twilio was lost after the request went out: {error!r}")
