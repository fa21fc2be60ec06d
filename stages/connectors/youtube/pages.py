"""A page of chat messages, and how pages are told apart in a stream of bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from stages.connectors.away import Away
from stages.connectors.youtube.failures import error_in, failure_of

PAGE_LIMIT = 16 * 1024 * 1024
"""Bytes of one page: a whole one of 2,000 messages has about 3 MiB."""

# Whatever decides where an object begins and ends. A backslash, in strings only, takes the next byte with it.
_MARK = re.compile(rb'\\.|["{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """Messages, the oldest first. `token` asks for what comes after them; None, there is nothing. YouTube wants to be
    left alone for `pause_seconds` before that, where it says so."""

    items: tuple[dict[str, Any], ...]
    token: str | None
    pause_seconds: float | None


def page_of(body: bytes) -> Page:
    """The page in an answer's body. Raises what `failure_of` gives where it is an error, and Away where it is no
    page."""
    if fault := error_in(body):
        code = fault.get("code")
        raise failure_of(code if isinstance(code, int) else 500, body)
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Away(f"YouTube's answer is no JSON: {error}.") from error
    if not isinstance(parsed, dict):
        raise Away("YouTube's answer is no JSON object.")
    items, token, pause = (
        parsed.get("items"),
        parsed.get("nextPageToken"),
        parsed.get("pollingIntervalMillis"),
    )
    return Page(
        tuple(each for each in items if isinstance(each, dict)) if isinstance(items, list) else (),
        token if isinstance(token, str) and token else None,
        pause / 1000 if isinstance(pause, int | float) and pause >= 0 else None,
    )


class Pages:
    """Cuts what is streamed, a JSON list of pages that is long in coming, into its pages as they get whole."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._seen = 0  # so many of them were looked at
        self._begin = 0  # of the outermost object
        self._depth = 0
        self._in_string = False

    def take(self, received: bytes) -> Iterator[bytes]:
        """The pages that are whole with these bytes. Raises Away for one longer than PAGE_LIMIT."""
        self._bytes += received
        while self._find_end():
            yield bytes(self._bytes[self._begin : self._seen])
            self._forget()
        if self._depth == 0:  # separators
            self._forget()
        if len(self._bytes) > PAGE_LIMIT:
            raise Away("YouTube's answer does not end.")

    def _find_end(self) -> bool:
        """Whether what was looked at now ends with a whole object."""
        while mark := _MARK.search(self._bytes, self._seen):
            self._seen = mark.end()
            if self._passes(mark[0], mark.start()):
                return True
        # A lone backslash at the end waits for what it escapes.
        self._seen = len(self._bytes) - self._bytes.endswith(b"\\", self._seen)
        return False

    def _passes(self, mark: bytes, at: int) -> bool:
        """Take note of a mark; whether it ends the outermost object."""
        if mark == b'"':
            self._in_string = not self._in_string
        elif self._in_string:
            return False
        elif mark == b"{":
            self._begin = self._begin if self._depth else at
            self._depth += 1
        elif mark == b"}" and self._depth:
            self._depth -= 1
            return self._depth == 0
        return False

    def _forget(self) -> None:
        del self._bytes[: self._seen]
        self._seen = 0
