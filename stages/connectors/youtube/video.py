"""Which video is meant."""

from __future__ import annotations

import re

from yarl import URL

from stages.mendable import Mendable

_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_HOSTS = ("youtube.com", "youtu.be", "youtube-nocookie.com")


class NoSuchVideo(Mendable):
    """The text names no video of YouTube."""


def video_id(text: str) -> str:
    """The id in a video's address, or the id itself. Raises NoSuchVideo.

    >>> video_id("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=1")
    'dQw4w9WgXcQ'
    >>> video_id("https://youtu.be/dQw4w9WgXcQ")
    'dQw4w9WgXcQ'
    >>> video_id("https://www.youtube.com/live/dQw4w9WgXcQ?si=x")
    'dQw4w9WgXcQ'
    """
    found = text.strip()
    if "/" in found:
        found = _in_address(found)
    if not _ID.fullmatch(found):
        raise NoSuchVideo(
            f"{text!r} is no video of YouTube: give its address, or the 11 characters of its id."
        )
    return found


def _in_address(text: str) -> str:
    try:
        address = URL(text if "://" in text else f"https://{text}")
    except ValueError:
        return ""
    host = address.host or ""
    if not any(host == known or host.endswith(f".{known}") for known in _HOSTS):
        return ""
    return address.query.get("v") or address.path.rstrip("/").rpartition("/")[2]
