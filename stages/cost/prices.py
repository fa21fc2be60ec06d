"""Unit prices, each with where it is from: nothing here is asked for at run time, so look them up before you rely on
them, and give your own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from stages.mendable import Mendable


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per `unit`, as its seller published it by `seen`."""

    dollars: Decimal
    unit: str
    source: str
    seen: str


DEFAULTS: Mapping[str, Price] = {
    "stripe_percent": Price(Decimal("0.029"), "dollar charged", "stripe.com/pricing, US cards", "2025"),
    "stripe_fixed": Price(Decimal("0.30"), "charge", "stripe.com/pricing, US cards", "2025"),
    "whatsapp": Price(
        Decimal("0.009"),
        "message",
        "twilio.com/whatsapp/pricing: 0.005, and Meta's 0.004 (utility, US)",
        "2025",
    ),
    "sms": Price(
        Decimal("0.0083"), "message", "twilio.com/sms/pricing, US; carriers' fees come on top", "2025"
    ),
    "core_hour": Price(Decimal("0.0405"), "core-hour", "aws.amazon.com/fargate/pricing, us-east-1", "2025"),
    "database_gb_month": Price(
        Decimal("0.115"), "GB-month", "aws.amazon.com/rds/postgresql/pricing, gp3", "2025"
    ),
    "redis_gb_month": Price(
        Decimal("61.3"),
        "GB-month",
        "aws.amazon.com/elasticache/pricing, Valkey serverless: 0.084 a GB-hour",
        "2025",
    ),
}


class UnusablePrice(Mendable):
    """A price that was given is none; the message says which there are."""


def prices(given: Sequence[str]) -> Mapping[str, Price]:
    """The defaults with NAME=DOLLARS on top. Raises UnusablePrice.

    >>> str(prices(["sms=0.05"])["sms"].dollars)
    '0.05'
    """
    known = dict(DEFAULTS)
    for text in given:
        name, _, dollars = text.partition("=")
        try:
            amount = Decimal(dollars)
        except InvalidOperation:
            amount = Decimal("NaN")
        if name not in known or not amount.is_finite() or amount < 0:
            raise UnusablePrice(f"{text!r} is no price: say NAME=DOLLARS, with one of {', '.join(known)}.")
        known[name] = Price(amount, known[name].unit, "given", "now")
    return known
