"""Which URLs named in a comment may be read: only those below a configured prefix.

A frame URL is a stranger's text. It is compared part by part, never as a string, and whatever two
parsers could read differently is refused rather than repaired.
"""

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PLAIN = re.compile(r"[!-\[\]-~]+")  # printable ASCII without blank and backslash
_ENCODED_SYNTAX = re.compile(r"%(2e|2f|5c|25|[01][0-9a-f]|7f)", re.IGNORECASE)  # . / \ % and controls


class ForbiddenFrame(Exception):
    """A frame URL that isn't below any configured prefix, or that can't be told to be; it was not read."""


class FrameUrlPrefixes:
    """The prefixes below which frames named in comments may be read, such as `https://cdn.example/frames/`."""

    def __init__(self, prefixes: Sequence[str]) -> None:
        """Raises ValueError for a prefix that doesn't name scheme and place, or carries query or login."""
        self._prefixes = [(prefix, _split(prefix)) for prefix in prefixes]
        for prefix, parts in self._prefixes:
            if parts is None or parts.query or not (parts.hostname or parts.scheme == "file"):
                raise ValueError(
                    f"{prefix!r} can't be a frame URL prefix. Write scheme, host and folder, "
                    "like https://cdn.example/frames/, without login, query or dots between slashes."
                )

    def below(self, url: str) -> tuple[str, str]:
        """The prefix that `url` lies below and the rest of its path; raises ForbiddenFrame otherwise."""
        parts = _split(url)
        for prefix, allowed in self._prefixes:
            if parts is None or allowed is None or _place(parts) != _place(allowed):
                continue
            folder = allowed.path.rstrip("/") + "/"
            if parts.path.startswith(folder) and len(parts.path) > len(folder):
                return prefix, parts.path[len(folder) :]
        raise ForbiddenFrame(
            f"The frame {url[:200]!r} lies below none of the configured prefixes, so it was not read. "
            "Add its prefix to the setting if its host is yours."
        )


def _split(url: str) -> SplitResult | None:
    """The URL's parts, or None when it could mean different things to different readers."""
    if not _PLAIN.fullmatch(url) or "#" in url:
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises for nonsense
    except ValueError:
        return None
    if not parts.scheme or "@" in parts.netloc or _ENCODED_SYNTAX.search(parts.path):
        return None
    segments = parts.path.split("/")[1:-1] + parts.path.split("/")[-1:]
    return None if {".", ".."} & set(segments) or "//" in parts.path else parts


def _place(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
