"""Amounts of money as the panels show them."""

from __future__ import annotations

from schemas.money import Money


def shown(amount_minor: int, currency: str) -> str:
    """The amount in words: "$79.99"; what was taken back too often is "−$5.00"."""
    money = Money(amount_minor=abs(amount_minor), currency=currency)
    return f"−{money}" if amount_minor < 0 else str(money)
