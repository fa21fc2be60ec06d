"""What YouTube's API may answer instead of chat messages."""

from __future__ import annotations

from typing import Any

import orjson

from stages.connectors.away import Away, Refused

SPENT_SECONDS = 900.0
"""So long after the quota was found spent YouTube is asked again. It is whole again at midnight, Pacific Time."""

_ENDED = frozenset({"liveChatEnded"})
_NO_CHAT = frozenset({"liveChatDisabled", "liveChatNotFound", "videoNotFound"})
_SPENT = frozenset({"dailyLimitExceeded", "quotaExceeded"})
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "userRequestsExceedRateLimit"})
_STALE = frozenset({"invalidPageToken", "pageTokenInvalid"})
_LATER = frozenset({408, 429})


class ChatEnded(Exception):
    """The chat is over."""


class StalePageToken(Exception):
    """The page token is not known any more: reading begins anew, with the recent messages."""


class StreamUnsupported(Exception):
    """Messages are not streamed here, they can only be asked for."""


def failure_of(status: int, body: bytes) -> Exception:
    """The exception for an answer with this HTTP status, by the first reason in its body; as documented, that is
    {"error": {"message", "errors": [{"reason"}]}}, which a stream sends as the one element of a list."""
    error = error_in(body)
    reasons = _reasons(error)
    said = str(error.get("message") or f"status {status}.")
    if reasons & _ENDED:
        return ChatEnded(said)
    if reasons & _STALE:
        return StalePageToken(said)
    if reasons & _NO_CHAT:
        return Refused(f"YouTube says: {said} See that the video is live, and its chat is open.")
    if reasons & _SPENT:
        return Away(f"YouTube's quota of the day is spent: {said}", after=SPENT_SECONDS)
    if reasons & _TOO_FAST or status in _LATER or status >= 500:
        return Away(f"YouTube asks to come again later: {said}")
    return Refused(f"YouTube refuses: {said} See YOUTUBE_API_KEY.")


def error_in(body: bytes) -> dict[str, Any]:
    """The error of an answer, alone or in a list; empty where there is none."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    error = parsed.get("error") if isinstance(parsed, dict) else None
    return error if isinstance(error, dict) else {}


def _reasons(error: dict[str, Any]) -> set[str]:
    faults = error.get("errors")
    return {
        str(fault.get("reason"))
        for fault in (faults if isinstance(faults, list) else ())
        if isinstance(fault, dict)
    }
