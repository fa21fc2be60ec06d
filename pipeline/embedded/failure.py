"""What goes wrong with an embedded server, as one exception."""

from __future__ import annotations


class ServerFailed(RuntimeError):
    """An embedded server cannot be started, reached or stopped; the message says why and what to do.

    `log_tail` holds the last lines that the server wrote since this start, or nothing.
    """

    def __init__(self, message: str, log_tail: str = "") -> None:
        super().__init__(f"{message}\n{log_tail}" if log_tail else message)
        self.log_tail = log_tail
