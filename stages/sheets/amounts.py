"""Amounts as people write them in sheets."""

from __future__ import annotations

import re
from decimal import Decimal

from schemas.money import Money, exponent_of

_LARGEST_MINOR = 10**12
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_COMMA_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DOT_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+")
_DRESS = re.compile(r"[\s\u00a0\u202f']|[$€£¥₩₹]|R\$")


class UnreadableAmount(ValueError):
    """The text is no amount in this currency; the message says why."""


def read_amount(text: str, currency: str) -> Money:
    """The amount, exactly: "1234.5", "1,234.50", "1.234,50", "12,50 €". Raises UnreadableAmount for whatever has more
    decimals than the currency, or could be read in two ways."""
    bare = _DRESS.sub("", text).removesuffix(currency).removeprefix(currency)
    number = _number(bare, text, currency)
    minor = number.scaleb(exponent_of(currency))
    if minor != minor.to_integral_value():
        raise UnreadableAmount(f"{text!r} has more decimals than {currency} ({exponent_of(currency)})")
    if minor > _LARGEST_MINOR:
        raise UnreadableAmount(f"{text!r} is beyond any price")
    return Money(amount_minor=int(minor), currency=currency)


def _number(bare: str, text: str, currency: str) -> Decimal:
    if _COMMA_GROUPS.fullmatch(bare):
        if _PLAIN.fullmatch(bare) and exponent_of(currency) == 3:
            raise UnreadableAmount(
                f"{text!r} may have a comma before decimals or between thousands: write a dot"
            )
        return Decimal(bare.replace(",", ""))
    if _DOT_GROUPS.fullmatch(bare):
        return Decimal(bare.replace(".", "").replace(",", "."))
    if _PLAIN.fullmatch(bare) and bare.isascii():
        return Decimal(bare.replace(",", "."))
    raise UnreadableAmount(f"{text!r} is no price")
