"""Why a replay did not run to its end, where that is for the user to mend."""

from __future__ import annotations

from stages.mendable import Mendable


class ReplayFailed(Mendable):
    """A replay can't begin, or did not end; the message says why, and what to do."""


class BadRequest(ReplayFailed):
    """A replay that makes no sense was asked for; the message says what to write instead."""


class ReplayInterrupted(ReplayFailed):
    """A replay was asked to stop."""

    def __init__(self) -> None:
        super().__init__(
            "The replay was interrupted. What it finished stands; replaying again does the rest."
        )
