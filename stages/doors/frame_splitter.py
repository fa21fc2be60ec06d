"""What comes over a WebSocket, frame by frame (RFC 6455, section 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # in C where it was built

_WHOLE_TEXT, _WHOLE = 0x81, 0x80
_DATA = 0x07  # opcodes up to it: continuation, text, binary; further ones control the connection
_MASKED = 0x80
_SHORT, _LONG = 126, 127


class FrameSplitter:
    """Cuts a client's bytes into its frames, and reads those that are nearly all: a whole message of text. Any other
    frame is given as it came, for whoever knows what may be wrong with it; so is all from a frame on that is longer
    than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = b""
        self._is_in_parts = self._is_lost = False

    def split(self, data: bytes) -> Iterator[str | bytes]:
        """The frames that are whole by now."""
        come, at = self._rest + data if self._rest else data, 0
        while not self._is_lost:
            start, length = _extent(come, at)
            if length > self._limit:
                self._is_lost = True
                break
            if not start or len(come) < start + length:
                break
            yield self._read(come, at, start, start + length)
            at = start + length
        self._rest = come[at:]
        if self._is_lost and self._rest:
            yield self._rest
            self._rest = b""

    def _read(self, come: bytes, at: int, start: int, end: int) -> str | bytes:
        head = come[at]
        if head == _WHOLE_TEXT and come[at + 1] & _MASKED and not self._is_in_parts:
            with suppress(UnicodeDecodeError):
                return bytes(apply_mask(come[start:end], come[start - 4 : start])).decode()
        elif head & ~_WHOLE <= _DATA:
            self._is_in_parts = not head & _WHOLE
        return come[at:end]


def text_frame(text: bytes) -> bytes:
    """A server's frame, which is a whole message."""
    length = len(text)
    if length < _SHORT:
        return b"%c%c%b" % (_WHOLE_TEXT, length, text)
    if length < 1 << 16:
        return b"%c%c%b%b" % (_WHOLE_TEXT, _SHORT, length.to_bytes(2), text)
    return b"%c%c%b%b" % (_WHOLE_TEXT, _LONG, length.to_bytes(8), text)


def _extent(come: bytes, at: int) -> tuple[int, int]:
    """Where the content of the frame at this place begins, and how long it is; (0, 0) where that has not come yet."""
    there = len(come) - at
    if there < 2:
        return 0, 0
    second = come[at + 1]
    length, start = second & ~_MASKED, at + 2
    if length == _SHORT:
        if there < 4:
            return 0, 0
        length, start = int.from_bytes(come[at + 2 : at + 4]), at + 4
    elif length == _LONG:
        if there < 10:
            return 0, 0
        length, start = int.from_bytes(come[at + 2 : at + 10]), at + 10
    return start + 4 if second & _MASKED else start, length
