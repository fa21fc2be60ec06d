"""E-mails by SMTP (RFC 5321).

A mail server answers each command, so what went wrong before the text was handed over surely was not taken; what is
lost afterwards may have been, and nobody can look it up. Each message has one Message-ID (RFC 5322, 3.6.4) whenever it
is made: should it go twice, mailboxes know it for the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, parseaddr
from typing import Never

import aiosmtplib

from stages.adapters.mail_server import MailServer
from stages.adapters.message_results import (
    Message,
    MessageMisused,
    MessageUnavailable,
    MessageUncertain,
    Sent,
    Undeliverable,
)
from stages.adapters.provider_calls import ErrorClass, announce, calling

_MAILBOX_UNKNOWN = 550
_NO_TLS = 530
_LOST = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError)


class Mail:
    """One sender at one mail server. Every message ends within `timeout_seconds`."""

    def __init__(
        self, server: MailServer, sender: str, now: Callable[[], datetime], timeout_seconds: float = 15.0
    ) -> None:
        """`sender` is an address, or `Name <address>`. Connects for each message."""
        self._server, self._sender, self._now = server, sender, now
        self._envelope_sender = parseaddr(sender)[1]
        self._timeout_seconds = timeout_seconds
        announce("email")

    async def send(
        self, message: Message, may_leave: Callable[[], None] | None = None
    ) -> Sent | Undeliverable:
        """Hands the message to the server; its sid is the Message-ID. `may_leave` is called before the text leaves,
        and raises where it must not.

        Raises MessageUnavailable where it surely was not taken, MessageUncertain where it may have been, and
        MessageMisused where the server refuses us, or offers no TLS.
        """
        if not _is_address(message.to):
            return Undeliverable(_MAILBOX_UNKNOWN, "The recipient's address is none.")
        letter = self._compose(message)
        client = self._client()
        leaving = False
        try:
            with calling("email", _class_of):
                async with asyncio.timeout(self._timeout_seconds):
                    await self._introduce(client, message.to)
                    if may_leave:
                        may_leave()
                    leaving = True
                    answer = await client.data(letter.as_bytes(policy=WIRE))
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error)
        except _LOST as error:
            _lost(error, leaving=leaving)
        except aiosmtplib.SMTPException as error:
            raise MessageMisused(_NO_TLS, f"The mail server cannot do what is needed: {error}") from error
        finally:
            client.close()
        return Sent(str(letter["Message-ID"]), str(answer.code))

    async def _introduce(self, client: aiosmtplib.SMTP, to: str) -> None:
        await client.connect()
        if self._server.username and self._server.password is not None:
            await client.login(self._server.username, self._server.password)
        await client.mail(self._envelope_sender)
        await client.rcpt(to)

    async def look_up(self, message: Message, since: datetime, but: str | None = None) -> Sent | None:
        """Nobody keeps a list of what was taken."""
        return None

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.implicit_tls,
            # None takes STARTTLS where it is offered.
            start_tls=False if server.implicit_tls else (True if server.needs_starttls else None),
            tls_context=server.tls,
            timeout=self._timeout_seconds,
            local_hostname="localhost",
        )

    def _compose(self, message: Message) -> EmailMessage:
        letter = EmailMessage(policy=WIRE)
        letter["From"] = self._sender
        letter["To"] = Address(addr_spec=message.to)
        letter["Subject"] = " ".join(message.title.split())
        letter["Date"] = format_datetime(self._now())
        letter["Message-ID"] = f"<{message.id}@{self._envelope_sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
        letter.set_content(message.body)
        return letter


def _refused(error: aiosmtplib.SMTPResponseException) -> Undeliverable:
    """What a refusal means: 4xx passes, 5xx is for good (RFC 5321, 4.2.1)."""
    said = f"The mail server refused with {error.code}."
    match error:
        case aiosmtplib.SMTPAuthenticationError() | aiosmtplib.SMTPSenderRefused() if error.code >= 500:
            raise MessageMisused(error.code, said) from error
        case aiosmtplib.SMTPRecipientRefused() | aiosmtplib.SMTPDataError() if error.code >= 500:
            return Undeliverable(error.code, said)
    raise MessageUnavailable(said, error.code) from error


def _class_of(error: Exception) -> ErrorClass:
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return "authentication"
        case aiosmtplib.SMTPTimeoutError() | TimeoutError():
            return "timeout"
        case aiosmtplib.SMTPResponseException(code=code):
            return "request" if code >= 500 else "server_error"
        case aiosmtplib.SMTPServerDisconnected() | OSError():
            return "connection"
        case MessageUnavailable():  # it may not leave any more
            return "cancelled"
        case _:
            return "other"


def _lost(error: Exception, *, leaving: bool) -> Never:
    if leaving:
        raise MessageUncertain(
            f"The mail server was lost while it took the message: {type(error).__name__}"
        ) from error
    raise MessageUnavailable(f"The mail server cannot be reached: {type(error).__name__}") from error


def _is_address(text: str) -> bool:
    try:
        return text.isascii() and bool(Address(addr_spec=text).domain)
    except (ValueError, IndexError, MessageError):  # the parser's, for what it cannot make out
        return False
