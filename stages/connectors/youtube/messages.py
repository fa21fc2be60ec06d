"""What a live chat's messages mean.

Their types and fields are those of YouTube's documentation of the liveChatMessage resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stages.connectors.incoming import Incoming, from_epoch, short_name, shortened
from stages.connectors.source import Ignored
from stages.connectors.youtube.failures import ChatEnded

PLATFORM = "youtube"
_MODERATOR = "moderator"  # who takes back, where YouTube names nobody

# Where the words stand, by type. A Super Chat or a milestone may come without any.
_WORDS = {
    "textMessageEvent": ("textMessageDetails", "messageText"),
    "superChatEvent": ("superChatDetails", "userComment"),
    "memberMilestoneChatEvent": ("memberMilestoneChatDetails", "userComment"),
    "fanFundingEvent": ("fanFundingEventDetails", "userComment"),
}
# Which message is taken back. A tombstone stands where one was that is gone, and has its id.
_TAKEN_BACK = {
    "messageDeletedEvent": ("messageDeletedDetails", "deletedMessageId"),
    "messageRetractedEvent": ("messageRetractedDetails", "retractedMessageId"),
}
_TOMBSTONE = "tombstone"
_CHAT_ENDED = "chatEndedEvent"

OTHER, UNREADABLE = "other", "unreadable"
KNOWN = frozenset(
    {
        *_WORDS, "giftEvent", "giftMembershipReceivedEvent", "membershipGiftingEvent", "newSponsorEvent", "pollEvent",
        "sponsorOnlyModeEndedEvent", "sponsorOnlyModeStartedEvent", "superStickerEvent", "userBannedEvent",
    }
)  # fmt: skip
"""The types that are left out and counted by their names: without words, or none of ours. Any other counts as OTHER."""


def read_message(item: Mapping[str, Any], streamer: str) -> Incoming | Ignored:
    """The comment, or the retraction of one. Raises ChatEnded where the message says so."""
    snippet = _part(item, "snippet")
    kind = _text(snippet, "type")
    if kind == _CHAT_ENDED:
        raise ChatEnded("YouTube says that the chat has ended.")
    words, taken_back = _words(kind, snippet), _taken_back(kind, item, snippet)
    message_id, at = taken_back or short_name(_text(item, "id")), _moment(snippet)
    if not (words or taken_back):
        return Ignored(kind if kind in KNOWN else OTHER)
    author = _part(item, "authorDetails")
    channel = short_name(_text(author, "channelId") or _text(snippet, "authorChannelId"))
    client = short_name(_text(author, "displayName")) or channel or (_MODERATOR if taken_back else "")
    if not (message_id and at and client):
        return Ignored(UNREADABLE)
    return Incoming(
        streamer=streamer,
        platform=PLATFORM,
        message_id=message_id,
        client=client,
        client_id=channel or None,
        message=words,
        timestamp=at,
        kind="retract" if taken_back else "comment",
    )


def _words(kind: str, snippet: Mapping[str, Any]) -> str:
    details, name = _WORDS.get(kind, ("", ""))
    return shortened(_text(_part(snippet, details), name))


def _taken_back(kind: str, item: Mapping[str, Any], snippet: Mapping[str, Any]) -> str:
    if kind == _TOMBSTONE:
        return short_name(_text(item, "id"))
    details, name = _TAKEN_BACK.get(kind, ("", ""))
    return short_name(_text(_part(snippet, details), name))


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = of.get(name)
    return part if isinstance(part, dict) else {}


def _text(of: Mapping[str, Any], name: str) -> str:
    text = of.get(name)
    return text if isinstance(text, str) else ""


def _moment(snippet: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(_text(snippet, "publishedAt"))
    except ValueError:
        return None
    return from_epoch(int(at.timestamp() * 1000)) if at.tzinfo else None
