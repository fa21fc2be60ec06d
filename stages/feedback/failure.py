"""What the user of `correct` and `export-training` can mend."""

from __future__ import annotations

from stages.mendable import Mendable


class UnknownComment(Mendable):
    """There is no comment with this id; the message names it."""


class UnwritableExport(Mendable):
    """A file of the export can't be written; the message says which and why."""
