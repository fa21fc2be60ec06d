"""Who wrote what of late, so that whoever is banned takes it along."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stages.connectors.incoming import Incoming

_REMEMBERED = 2_000


class Recent:
    """The last comments that this process has read."""

    def __init__(self) -> None:
        self._comments: deque[Incoming] = deque(maxlen=_REMEMBERED)

    def add(self, comment: Incoming) -> None:
        """Remember it."""
        self._comments.append(comment)

    def taken_back_by(self, item: Mapping[str, Any]) -> Iterator[Incoming]:
        """If the message says that somebody was banned for good: the retractions of what they wrote. YouTube shows none
        of it any more, and sends no deletions."""
        if channel := _banned(item):
            for comment in self._comments:
                if comment.client_id == channel:
                    yield replace(comment, kind="retract", message="")


def _banned(item: Mapping[str, Any]) -> str | None:
    details = _part(_part(item, "snippet"), "userBannedDetails")
    channel = _part(details, "bannedUserDetails").get("channelId")
    return channel if details.get("banType") == "permanent" and isinstance(channel, str) else None


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = of.get(name)
    return part if isinstance(part, dict) else {}
