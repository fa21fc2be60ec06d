"""What whoever gave a command can mend."""

from __future__ import annotations


class Mendable(Exception):
    """The message is a sentence that says what to do; the command line prints it without a traceback."""
