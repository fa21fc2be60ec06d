"""Sends a message at most once, on the first channel that takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from pipeline.stage import Retry
from stages.adapters.database.message_progress import MOST_ATTEMPTS
from stages.adapters.database.notifications import (
    Address,
    Claim,
    DailyLimit,
    Draft,
    Notifications,
    OverLimit,
    Status,
)
from stages.adapters.message_rate import MessageRate
from stages.adapters.message_results import (
    NEEDS_TEMPLATE,
    Channel,
    Message,
    MessageUnavailable,
    MessageUncertain,
    Sent,
    Template,
    Undeliverable,
    withdrawal,
)
from stages.wording import Text

_PATIENCE_SECONDS = 1.0  # a message waits so long for its turn; then the next channel takes it
_FULL_DAY_SECONDS = 900.0

_log = structlog.get_logger()


class TemplateAdvice:
    """Says in the log, once for each kind of message, that WhatsApp wants a template for it."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, kind: str) -> None:
        """Say it."""
        if kind not in self._given:
            self._given.add(kind)
            _log.warning(
                "WhatsApp takes free text only to those who wrote within 24 hours: have a template approved, and add "
                "its ContentSid to WHATSAPP_TEMPLATES",
                kind=kind,
            )


class Carrier(Protocol):
    """Takes messages of a channel."""

    async def send(
        self, message: Message, may_leave: Callable[[], None] | None = None
    ) -> Sent | Undeliverable:
        """Hand the message over; `may_leave` is called as the last thing before it leaves, and raises where it must
        not. Raises MessageUnavailable where it surely was not taken, MessageUncertain where it may have been, and
        MessageMisused."""

    async def look_up(self, message: Message, since: datetime, but: str | None = None) -> Sent | None:
        """The message as it was taken since then, whatever became of it; None where none was, or the carrier keeps no
        such list. With `but`, it is a repetition of that failed one: those that failed don't count. Raises
        MessageUnavailable and MessageMisused."""


@dataclass(frozen=True, slots=True)
class Messenger:
    """What it takes to send a message at most once. A claim's `claim_seconds` outlive the longest send, so that
    whoever takes it over finds the message at the provider, if it went. `templates` are ContentSids by the keys of
    wording.TEMPLATES; `whatsapp_recipients` is how many different ones get WhatsApp messages in a day."""

    notifications: Notifications
    carriers: Mapping[Channel, Carrier]
    now: Callable[[], datetime]
    claim_seconds: float
    call_seconds: float
    templates: Mapping[str, str] = field(default_factory=dict)
    whatsapp_recipients: int | None = None
    rates: Mapping[Channel, MessageRate] = field(default_factory=dict)
    advice: TemplateAdvice = field(default_factory=TemplateAdvice)

    async def tell(self, draft: Draft, text: Text, addresses: Sequence[Address]) -> Claim | Retry:
        """Claim the message and send it, on the first of the channels that doesn't surely refuse it. Returns the
        settled claim, or a Retry while its fate is open.

        Twilio knows no idempotency keys: a message is claimed before it is sent; a claim that somebody else left
        open is looked up at the provider once it has run out, and sent only if the provider has no such message.
        Raises MessageMisused.
        """
        usable = [address for address in addresses if address.channel in self.carriers]
        refused: Claim | None = None
        later: Retry | None = None
        for address in usable:
            match await self._tell_at(address, draft, text, usable):
                case _Full(until_then=full):
                    later = later or full
                case Claim(status="undeliverable") as told:
                    refused = told
                case Claim() | Retry() as told:
                    return told
        return later or refused or await self._show(draft)

    async def _tell_at(
        self, address: Address, draft: Draft, text: Text, usable: Sequence[Address]
    ) -> Claim | Retry | _Full:
        rate = self.rates.get(address.channel)
        if rate and (wait := rate.wait_seconds) > _PATIENCE_SECONDS:
            return _Full(Retry("more messages leave than may in a second", after=wait, counts=False))
        is_whatsapp = address.channel == "whatsapp"
        limit = DailyLimit(self.now(), self.whatsapp_recipients) if self.whatsapp_recipients else None
        claim = await self.notifications.claim(
            draft,
            address.channel,
            self._until(),
            template=self.templates.get(text.template) if is_whatsapp else None,
            limit=limit if is_whatsapp else None,
        )
        if isinstance(claim, OverLimit):
            why = "as many had a WhatsApp message today as may"
            return _Full(Retry(why, after=_FULL_DAY_SECONDS, counts=False))
        return await self._deliver(claim, draft, text, usable)

    async def _show(self, draft: Draft) -> Claim:
        """Nobody may be written to: the console shows the message."""
        claim = await self.notifications.claim(draft, "console", self._until())
        assert isinstance(claim, Claim)  # noqa: S101 - no limit was given
        return await self._lose(claim)

    async def _deliver(
        self, claim: Claim, draft: Draft, text: Text, usable: Sequence[Address]
    ) -> Claim | Retry:
        """Bring a claim to its end, on whatever channel it stands."""
        if claim.status not in ("claimed", "uncertain"):
            return claim
        address = next((each for each in usable if each.channel == claim.channel), None)
        if address is None:
            return (
                await self._settle(claim, "console")
                if claim.channel == "console"
                else await self._lose(claim)
            )
        template = Template(claim.template, text.variables) if claim.template else None
        message = Message(address.to, text.body, address.channel, template, text.title, claim.id)
        try:
            if not claim.fresh:
                return await self._resume(claim, message, draft, text)
            return await self._send(claim, message, draft, text)
        except MessageUnavailable as error:
            return Retry(str(error), after=self.claim_seconds, error=type(error).__name__)

    async def _resume(self, claim: Claim, message: Message, draft: Draft, text: Text) -> Claim | Retry:
        open_seconds = (claim.until - self.now()).total_seconds()
        if open_seconds > 0:
            return Retry("another worker is sending this message", after=open_seconds)
        found = await self.carriers[message.channel].look_up(message, claim.made_at, claim.message_sid)
        if found and found.has_failed:
            return await self._refuse(claim, Undeliverable(found.code or 0, found.status), draft, text)
        if found:
            return await self._settle(claim, "sent", message_sid=found.sid)
        if claim.status == "uncertain":
            return claim
        taken = await self.notifications.reclaim(claim, self._until())
        if taken is None:
            return Retry("another worker took this message over")
        return await self._send(taken, message, draft, text)

    async def _send(self, claim: Claim, message: Message, draft: Draft, text: Text) -> Claim | Retry:
        def check_claim() -> None:
            # The call could outlive the claim, and somebody else would look in vain and send as well.
            if self.now() + timedelta(seconds=self.call_seconds) > claim.until:
                raise MessageUnavailable("this worker was held up past its claim on the message")

        if rate := self.rates.get(message.channel):
            await rate.take_turn()
        try:
            result = await self.carriers[message.channel].send(message, check_claim)
        except MessageUncertain as error:
            await self.notifications.record(claim, "uncertain", error_code=type(error).__name__)
            return Retry(str(error), after=self.claim_seconds, error=type(error).__name__)
        except MessageUnavailable as error:
            if not error.of_recipient or claim.attempts < MOST_ATTEMPTS:
                raise
            result = Undeliverable(error.code or 0, str(error))
        match result:
            case Sent(sid=sid):
                return await self._settle(claim, "sent", message_sid=sid)
            case Undeliverable():
                return await self._refuse(claim, result, draft, text)

    async def _refuse(self, claim: Claim, refusal: Undeliverable, draft: Draft, text: Text) -> Claim:
        if refusal.code == NEEDS_TEMPLATE:
            self.advice.give(text.template)
        source = withdrawal(refusal.code)
        withdrawn = (draft.buyer_id, source) if source and draft.buyer_id else None
        await self.notifications.record(
            claim, "undeliverable", error_code=str(refusal.code), withdrawn=withdrawn
        )
        return replace(claim, status="undeliverable")

    async def _lose(self, claim: Claim) -> Claim:
        """There is no address, or none any more: the console shows the message; or, where somebody had claimed it for a
        channel, whether it went cannot be known any more."""
        if claim.status != "claimed":
            return claim
        return await self._settle(claim, "console" if claim.channel == "console" else "uncertain")

    async def _settle(self, claim: Claim, status: Status, *, message_sid: str | None = None) -> Claim:
        await self.notifications.record(claim, status, message_sid=message_sid)
        return replace(claim, status=status, message_sid=message_sid)

    def _until(self) -> datetime:
        return self.now() + timedelta(seconds=self.claim_seconds)


@dataclass(frozen=True, slots=True)
class _Full:
    """The channel takes no more for now: the next one does, or `until_then`."""

    until_then: Retry
