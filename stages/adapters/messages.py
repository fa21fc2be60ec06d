"""Messages by Twilio: the real SDK, whatever its base URL.

Twilio has no idempotency keys: who sends claims the message in the database first, and looks it up with `find`
after an uncertain end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson
from twilio.base.exceptions import TwilioException
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from stages.adapters.message_errors import connection_outcome, outcome_of
from stages.adapters.message_results import (
    FAILED,
    Channel,
    Message,
    MessageMisused,
    MessageUnavailable,
    MessageUncertain,
    Sent,
    Undeliverable,
)
from stages.adapters.twilio_transport import TwilioTransport, departure

__all__ = [
    "Channel",
    "Message",
    "MessageMisused",
    "MessageUnavailable",
    "MessageUncertain",
    "Sent",
    "TwilioMessages",
    "Undeliverable",
]

_PAGE = 1000  # Twilio's largest
_CLOCKS_APART = timedelta(minutes=5)


class TwilioMessages:
    """One Twilio account with a sender per channel. Every call ends within `timeout_seconds`."""

    def __init__(
        self,
        sid: str,
        token: str,
        sms_sender: str,
        whatsapp_sender: str,
        url: str | None = None,
        status_callback: str | None = None,
        timeout_seconds: float = 15.0,
    ) -> None:
        """`url` is another server than Twilio's, such as the sandbox; connects on the first call.

        `whatsapp_sender` may be written with or without its `whatsapp:`. `status_callback` is the public
        URL that Twilio tells of a message's progress; the message's id is added to it as `?notification=`.
        """
        self._transport = TwilioTransport(timeout_seconds, trust_env=url is None)
        self._client = Client(sid, token, http_client=self._transport)
        if url is not None:
            self._client.api.base_url = url
        self._senders = {
            "sms": sms_sender,
            "whatsapp": _address(whatsapp_sender.removeprefix("whatsapp:"), "whatsapp"),
        }
        self._status_callback = status_callback
        self._timeout_seconds = timeout_seconds

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.close()

    async def send(
        self, message: Message, may_leave: Callable[[], None] | None = None
    ) -> Sent | Undeliverable:
        """Hands the message to the provider. `may_leave` is called as the last thing before the request leaves, and
        raises where it must not: a process may be held up for long between a decision and its deed.

        Raises MessageUnavailable where it surely was not taken, MessageUncertain where it may have been,
        and MessageMisused where the account or the sender is refused.
        """
        wanted = self._request_of(message)
        token = departure.set(may_leave)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                taken = await self._client.messages.create_async(**wanted)
        except TwilioException as error:
            outcome = outcome_of(error)
            if isinstance(outcome, Exception):
                raise outcome from error
            return outcome
        except (aiohttp.ClientError, OSError) as error:
            # TimeoutError is an OSError.
            raise connection_outcome(error) from error
        except ValueError as error:
            raise MessageUncertain(
                f"Twilio took the message, but its answer is unreadable: {error}"
            ) from error
        finally:
            departure.reset(token)
        return Sent(str(taken.sid), str(taken.status))

    def _request_of(self, message: Message) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "to": _address(message.to, message.channel),
            "from_": self._senders[message.channel],
        }
        if template := message.template:
            numbered = {str(number): value for number, value in enumerate(template.variables, 1)}
            wanted |= {"content_sid": template.sid, "content_variables": orjson.dumps(numbered).decode()}
        else:
            wanted["body"] = message.body
        if self._status_callback is not None:
            query = f"?notification={message.id}" if message.id else ""
            wanted["status_callback"] = f"{self._status_callback}{query}"
        return wanted

    async def look_up(self, message: Message, since: datetime, but: str | None = None) -> Sent | None:
        """The message as the provider has it, whatever became of it; see `find`. One that the provider worded is known
        by the variables in it. With `but`, it is a repetition of that failed one: those that failed don't count."""
        parts = message.template.variables if message.template else None
        return await self._find(message.to, message.channel, parts or message.body, since, but)

    async def find(
        self, to: str, body: str, channel: Channel | None = None, since: datetime | None = None
    ) -> Sent | None:
        """The message as the provider has it, found by recipient and exact text; None where it has none. Messages made
        before `since` are not looked at; without it, all are.

        So the text must carry something unique, such as the order number. Without a channel both are looked
        through. Looking up may be repeated: whatever goes wrong raises MessageUnavailable or MessageMisused.
        """
        channels: tuple[Channel, ...] = ("whatsapp", "sms") if channel is None else (channel,)
        for each in channels:
            if found := await self._find(to, each, body, since):
                return found
        return None

    async def _find(
        self,
        to: str,
        channel: Channel,
        text: str | tuple[str, ...],
        since: datetime | None,
        but: str | None = None,
    ) -> Sent | None:
        def is_it(message: MessageInstance) -> bool:
            body = message.body or ""
            same = body == text if isinstance(text, str) else all(part in body for part in text)
            return same and (but is None or (message.sid != but and message.status not in FAILED))

        found = await self._search(_address(to, channel), is_it, since)
        return found and Sent(str(found.sid), str(found.status), found.error_code and int(found.error_code))

    async def _search(
        self, address: str, is_it: Callable[[MessageInstance], bool], since: datetime | None
    ) -> MessageInstance | None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                # Newest first. By the time of making: a message that still waits has no time of sending.
                async for message in await self._client.messages.stream_async(to=address, page_size=_PAGE):
                    if is_it(message):
                        return message
                    if since and message.date_created < since - _CLOCKS_APART:
                        return None
                return None
        except TwilioException as error:
            outcome = outcome_of(error)
            if isinstance(outcome, MessageMisused):
                raise outcome from error
            raise MessageUnavailable(f"The look-up failed: {error}") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise MessageUnavailable(f"The look-up failed: {error!r}") from error


def _address(number: str, channel: Channel) -> str:
    return f"whatsapp:{number}" if channel == "whatsapp" else number
