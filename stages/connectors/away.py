"""What passes by itself, and what somebody must mend."""

from __future__ import annotations

from stages.mendable import Mendable


class Away(Exception):
    """A platform, the pipeline's door or the memory can't be reached now. The message says which, and why; `after` is
    how many seconds whoever answered wants to be left alone, where it said so."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Refused(Mendable):
    """Trying again won't help: a key is wrong, there is no such account. The message says what to do."""
