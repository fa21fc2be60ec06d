"""What the shop asks of the message providers, and what can come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Channel = Literal["whatsapp", "sms", "email"]

CHANNELS: tuple[Channel, ...] = ("whatsapp", "sms", "email")
"""In the order in which they are tried."""

FAILED = ("failed", "undelivered", "canceled")  # what the provider says of one that will not arrive
STOPPED = 21610  # the recipient answered STOP
NEEDS_TEMPLATE = 63016  # free text to somebody who hasn't written within 24 hours
_BLOCKED = 63014  # the recipient blocked the sender
_UNREACHABLE = 30003  # the phone is off, or out of reach


@dataclass(frozen=True, slots=True)
class Template:
    """A text that the provider words itself: its ContentSid, and what stands for {{1}}, {{2}}, ..."""

    sid: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One text to one number in E.164 (`+15551234567`) or e-mail address; `body` as the recipient reads it, unless
    there is a `template`. `title` is an e-mail's subject. `id` names the message where the provider tells or keeps
    a name of ours."""

    to: str
    body: str
    channel: Channel
    template: Template | None = None
    title: str = ""
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message; `status` is how far it was when asked (`queued`, `delivered`), and `code` says why
    it failed later, where it did."""

    sid: str
    status: str
    code: int | None = None

    @property
    def has_failed(self) -> bool:
        """Whether it surely did not arrive, and will not."""
        return self.status in FAILED


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """The provider refused this recipient or this text; `code` is Twilio's error code, or the mail server's."""

    code: int
    reason: str


def withdrawal(code: int) -> str | None:
    """How the recipient has withdrawn from the channel, where a refusal with this code says so: "STOP", "blocked"."""
    return {STOPPED: "STOP", _BLOCKED: "blocked"}.get(code)


class MessageUnavailable(Exception):
    """The provider surely did not take the message: sending it again cannot double it.

    `retry_after` is in seconds, where the provider named it.
    """

    def __init__(self, message: str, code: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after

    @property
    def of_recipient(self) -> bool:
        """Whether it is the recipient who is out of reach: that may last, so it is tried a few times only."""
        return self.code == _UNREACHABLE


class MessageUncertain(Exception):
    """The message may have been taken: look it up with `find`; never just send it again."""


class MessageMisused(Exception):
    """The provider refused the account, the sender or the call: a wrong setting or a bug."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def stops_stage(self) -> bool:
        """Whether every other message would be refused likewise, so that the stage must wait and alert."""
        return self.code not in _OF_THIS_MESSAGE


_OF_THIS_MESSAGE = frozenset(
    {
        0,  # it could not even be built
        21602,  # no text
        21604,  # no recipient
        21617,  # the text is too long
        21655,  # no such template
        21656,  # the template's variables are not right
        21910,  # recipient and sender are of different channels
    }
)
