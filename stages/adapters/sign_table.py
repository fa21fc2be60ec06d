"""What becomes of each sign of a text."""

from __future__ import annotations

from collections.abc import Callable

_MOST = 8192  # signs; a chat uses some hundreds, and nobody shall fill our memory with all there are


class SignTable(dict[int, str | None]):
    """A table for `str.translate`, filled as signs come: each is looked at once. `becomes` says what a sign is replaced
    by; None removes it."""

    def __init__(self, becomes: Callable[[str], str | None]) -> None:
        super().__init__()
        self._becomes = becomes

    def __missing__(self, code: int) -> str | None:
        found = self._becomes(chr(code))
        if len(self) < _MOST:
            self[code] = found
        return found
