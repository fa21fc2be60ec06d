"""What Twilio answers when it refuses, and the test numbers it documents for that."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stages.sandbox.store import Document


@dataclass(slots=True)
class TwilioRefusal(Exception):
    """An error answer in Twilio's envelope."""

    status: int
    code: int
    message: str

    def envelope(self) -> Document:
        """The body of the answer."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


_RECIPIENTS = {
    "+15005550001": (21211, "The 'To' number {to} is not a valid phone number."),
    "+15005550002": (
        21612,
        "The 'To' phone number: {to}, is not currently reachable using the 'From' phone number.",
    ),
    "+15005550003": (
        21408,
        "Permission to send an SMS has not been enabled for the region indicated by {to}.",
    ),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "To number: {to}, is not a mobile number"),
}
_SENDERS = {
    "+15005550001": (
        21212,
        "The 'From' number {sender} is not a valid phone number, shortcode, or alphanumeric sender.",
    ),
    "+15005550007": (
        21606,
        "The 'From' phone number provided ({sender}) is not a valid message-capable Twilio number.",
    ),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


def check_sender(sender: str, owned: tuple[str, ...]) -> None:
    """Refuses the documented test senders and every number that the account does not own."""
    if sender in _SENDERS:
        code, message = _SENDERS[sender]
        raise TwilioRefusal(400, code, message.format(sender=sender))
    if sender in owned:
        return
    if sender.startswith("whatsapp:"):
        raise TwilioRefusal(400, 63007, "Twilio could not find a Channel with the specified From address")
    code, message = _SENDERS["+15005550007"]
    raise TwilioRefusal(400, code, message.format(sender=sender))


def check_recipient(to: str, sender: str) -> None:
    """Refuses the documented test recipients, what is no number, and a mix of channels."""
    number = to.removeprefix("whatsapp:")
    if number in _RECIPIENTS:
        code, message = _RECIPIENTS[number]
        raise TwilioRefusal(400, code, message.format(to=to))
    if _NUMBER.fullmatch(number) is None:
        raise TwilioRefusal(400, 21211, f"The 'To' number {to} is not a valid phone number.")
    if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
        raise TwilioRefusal(400, 21910, "Invalid From and To pair. From and To should be of the same channel")


def not_authenticated() -> TwilioRefusal:
    return TwilioRefusal(401, 20003, "Authenticate")


def not_found(path: str) -> TwilioRefusal:
    return TwilioRefusal(404, 20404, f"The requested resource {path} was not found")


def too_many_requests() -> TwilioRefusal:
    return TwilioRefusal(429, 20429, "Too Many Requests")


def broken() -> TwilioRefusal:
    return TwilioRefusal(500, 20500, "An internal server error has occurred")


def unavailable() -> TwilioRefusal:
    return TwilioRefusal(503, 20503, "Service is unavailable. Please try again")


def refused(code: int) -> TwilioRefusal:
    return TwilioRefusal(400, code, f"The message was refused (error {code})")
