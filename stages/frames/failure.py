"""What can go wrong with a video."""

from __future__ import annotations

from stages.mendable import Mendable


class UnreadableFootage(Mendable):
    """The source is no video that can be read, and trying again won't help."""


class FootageAway(Exception):
    """The source can't be reached, or broke off: it may be there again later."""
