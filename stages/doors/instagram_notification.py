"""What a notification of Instagram says.

Source: Meta's Instagram Platform Webhooks, "Webhook notification examples" and the reference of the field
`live_comments`: {"object": "instagram", "entry": [{"id", "time", "changes": [{"field", "value"}]}]}; an entry may also
hold `field` and `value` itself. A comment's value is {"id", "from": {"id", "username"}, "media", "text"}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from stages.connectors.incoming import from_epoch, short_name, shortened
from stages.doors.posted_comment import PostedComment

PLATFORM = "instagram"
FIELD = "live_comments"

# The other things that an account may tell of; whatever else comes is counted as `other`.
_KNOWN = frozenset(
    {
        "comments", "creator_marketplace_projects", "delivery", "follow", "live_comment_likes", "mentions",
        "message_edit", "message_reactions", "messages", "messaging_handover", "messaging_optins",
        "messaging_postbacks", "messaging_referral", "messaging_seen", "share_to_feed", "standby", "story_insights",
        "story_poll_response", "story_reactions", "story_share",
    }
)  # fmt: skip
# From here on a time is in milliseconds: in seconds, it would lie in the year 5138.
_MILLISECONDS = 100_000_000_000


class UnreadableNotification(Exception):
    """The body is no notification of Instagram."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An event that is no comment for us: of which kind, and whose account told of it (None: none of ours)."""

    kind: str
    streamer: str | None


def read_notification(body: bytes, accounts: Mapping[str, str]) -> Iterator[PostedComment | LeftOut]:
    """The live comments in a notification, in order, and what else it tells of. `accounts` says which streamer an
    account is. Raises UnreadableNotification."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnreadableNotification(f"The body is not JSON: {error}.") from error
    if not isinstance(parsed, dict) or parsed.get("object") != "instagram":
        raise UnreadableNotification('The body is no notification of Instagram: its "object" is another.')
    for entry in _parts(parsed, "entry"):
        streamer = accounts.get(str(entry.get("id")))
        for change in _changes(entry):
            yield _read_change(change, streamer, _moment(entry.get("time")))


def _changes(entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _parts(entry, "changes")
    if "field" in entry:
        yield entry
    for _ in _parts(entry, "messaging"):
        yield {"field": "messages"}


def _read_change(
    change: Mapping[str, Any], streamer: str | None, at: datetime | None
) -> PostedComment | LeftOut:
    field, value = _text(change, "field"), change.get("value")
    if field != FIELD:
        return LeftOut(field if field in _KNOWN else "other", streamer)
    if streamer is None:
        return LeftOut(FIELD, None)
    if not isinstance(value, dict):
        return LeftOut("unreadable", streamer)
    author = value.get("from")
    author = author if isinstance(author, dict) else {}
    viewer, words = short_name(_text(author, "id")), shortened(_text(value, "text"))
    if not words:
        return LeftOut("without words", streamer)
    try:
        return PostedComment(
            streamer=streamer,
            platform=PLATFORM,
            message_id=_text(value, "id"),
            client=short_name(_text(author, "username")) or viewer,
            client_id=viewer or None,
            message=words,
            timestamp=at,
        )
    except ValidationError:
        return LeftOut("unreadable", streamer)


def _parts(of: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    parts = of.get(name)
    return (each for each in (parts if isinstance(parts, list) else ()) if isinstance(each, dict))


def _text(of: Mapping[str, Any], name: str) -> str:
    text = of.get(name)
    return text if isinstance(text, str) else ""


def _moment(time: Any) -> datetime | None:
    """When the notification was sent, in seconds or milliseconds; None where it does not say."""
    if not isinstance(time, int):
        return None
    return from_epoch(time if time >= _MILLISECONDS else time * 1000)
