"""From what was counted and unit prices to a bill. Nothing here reads a clock, a server or a setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stages.cost.prices import Price

SEED_ORDERS = 140
"""Of 1,000 comments, by the estimate that this project began with. It gave a sum that its items did not add up to; what
of it is known is this number of orders."""
_MONTH_HOURS = Decimal(730)
_GB = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in `hours`. None: nobody could tell. `charged` is by currency, in its major unit, and `charges`
    the number of charges in all."""

    hours: Decimal
    comments: int
    orders: int
    refunds: int
    charges: int
    charged: Mapping[str, Decimal]
    whatsapp: int
    sms: int
    database_bytes: int | None
    redis_bytes: int | None
    core_seconds: Decimal | None


@dataclass(frozen=True, slots=True)
class Item:
    """`quantity` units at `price`; `dollars` is None where one of them is not known, and `why` says so."""

    name: str
    quantity: Decimal | None
    price: Price
    why: str = ""

    @property
    def dollars(self) -> Decimal | None:
        """For all of it."""
        return None if self.quantity is None else self.quantity * self.price.dollars


def bill(counted: Counted, prices: Mapping[str, Price], rates: Mapping[str, Decimal]) -> list[Item]:
    """The items; `rates` are dollars for one unit of a currency. A refund gives none of the fees back."""
    months = counted.hours / _MONTH_HOURS
    charged, unknown = _dollars(counted.charged, rates)
    cores = None if counted.core_seconds is None else counted.core_seconds / 3600
    return [
        Item("Stripe, share of the charge", charged, prices["stripe_percent"], unknown),
        Item("Stripe, for each charge", Decimal(counted.charges), prices["stripe_fixed"]),
        Item("WhatsApp messages", Decimal(counted.whatsapp), prices["whatsapp"]),
        Item("SMS", Decimal(counted.sms), prices["sms"]),
        Item("processors", cores, prices["core_hour"], "" if cores is not None else "give --metrics"),
        Item("database", _gb_months(counted.database_bytes, months), prices["database_gb_month"]),
        Item(
            "Redis",
            _gb_months(counted.redis_bytes, months),
            prices["redis_gb_month"],
            "" if counted.redis_bytes is not None else "REDIS_URL is not set, or Redis is away",
        ),
    ]


def seed_bill(counted: Counted, prices: Mapping[str, Price], rates: Mapping[str, Decimal]) -> list[Item]:
    """What the seed's number of orders would cost at Stripe and in messages (one to the buyer, one to the streamer),
    with the mean amount that was charged here; None where nothing was."""
    charged, _ = _dollars(counted.charged, rates)
    mean = charged / counted.charges if charged is not None and counted.charges else None
    orders = Decimal(SEED_ORDERS)
    return [
        Item(
            "Stripe, share of the charge", None if mean is None else orders * mean, prices["stripe_percent"]
        ),
        Item("Stripe, for each charge", orders, prices["stripe_fixed"]),
        Item("WhatsApp messages", 2 * orders, prices["whatsapp"]),
    ]


def per_thousand(item: Item, comments: int) -> Decimal | None:
    """Dollars for 1,000 comments; None where it is not known, or there were none."""
    return None if item.dollars is None or not comments else item.dollars * 1000 / comments


def total(amounts: Sequence[Decimal | None]) -> Decimal:
    """The sum of what is known."""
    return sum((each for each in amounts if each is not None), Decimal(0))


def _dollars(charged: Mapping[str, Decimal], rates: Mapping[str, Decimal]) -> tuple[Decimal | None, str]:
    known = {"USD": Decimal(1), **rates}
    if strange := sorted(set(charged) - set(known)):
        return None, f"give --rate {strange[0]}=DOLLARS"
    return sum((amount * known[currency] for currency, amount in charged.items()), Decimal(0)), ""


def _gb_months(size: int | None, months: Decimal) -> Decimal | None:
    return None if size is None else Decimal(size) / _GB * months
