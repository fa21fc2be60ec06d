"""What the shop asks of the message provider, and what can come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Channel = Literal["whatsapp", "sms"]


@dataclass(frozen=True, slots=True)
class Message:
    """One text to one number in E.164 (`+15551234567`); `body` as the buyer reads it."""

    to: str
    body: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message; `status` is how far it was when asked (`queued`, `delivered`)."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """The provider refused this recipient or this text; `code` is Twilio's error code."""

    code: int
    reason: str


class MessageUnavailable(Exception):
    """The provider surely did not take the message: sending it again cannot double it.

    `retry_after` is in seconds, where the provider named it.
    """

    def __init__(self, message: str, code: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class MessageUncertain(Exception):
    """The message may have been taken: look it up with `find`; never just send it again."""


class MessageMisused(Exception):
    """The provider refused the account, the sender or the call: a wrong setting or a bug.

    Every other message would be refused likewise, so the stage must stop and alert.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
