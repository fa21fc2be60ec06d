"""Amounts as Stripe writes them, where that is not what ISO 4217 says.

Source: docs.stripe.com/currencies, "Zero-decimal currencies", "Three-decimal currencies" and "Special cases".
"""

from __future__ import annotations

from schemas.money import Money
from stages.adapters.payment_results import PaymentMisused

_WITHOUT_DECIMALS = frozenset({"MGA"})
"""ISO 4217 gives them two decimals, Stripe none."""

_WHOLE_AS_HUNDREDTHS = frozenset({"ISK", "UGX"})
"""ISO 4217 gives them no decimals, Stripe two, which must be 00."""

_THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""The last digit must be 0."""


def stripe_amount(amount_minor: int, currency: str) -> int:
    """The amount as Stripe takes it. Raises PaymentMisused where it can't be charged or given back exactly."""
    if currency in _WHOLE_AS_HUNDREDTHS:
        return amount_minor * 100
    if currency in _WITHOUT_DECIMALS:
        _require_multiple(amount_minor, currency, 100)
        return amount_minor // 100
    if currency in _THREE_DECIMALS:
        _require_multiple(amount_minor, currency, 10)
    return amount_minor


def shop_amount(amount: int, currency: str) -> int:
    """The same amount in the shop's minor units; `currency` in any case."""
    code = currency.upper()
    if code in _WHOLE_AS_HUNDREDTHS:
        return amount // 100
    return amount * 100 if code in _WITHOUT_DECIMALS else amount


def coarsest_step(currency: str) -> int:
    """By what an amount in minor units must be divisible, so that Stripe can move it."""
    return 100 if currency in _WITHOUT_DECIMALS else 10 if currency in _THREE_DECIMALS else 1


def _require_multiple(amount_minor: int, currency: str, step: int) -> None:
    if amount_minor % step:
        amount = Money(amount_minor=amount_minor, currency=currency)
        nearest = Money(amount_minor=amount_minor // step * step, currency=currency)
        raise PaymentMisused(
            "parameters",
            f"{amount} is too fine for Stripe, which takes multiples of "
            f"{Money(amount_minor=step, currency=currency)}: make it {nearest}, say.",
            "invalid_charge_amount",
            "amount",
        )
