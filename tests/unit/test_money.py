"""Amounts of money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.money import Money


def money(amount_minor: int, currency: str = "USD") -> Money:
    return Money(amount_minor=amount_minor, currency=currency)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (7999, "USD", "$79.99"),
        (5, "USD", "$0.05"),
        (1_234_567, "EUR", "€12,345.67"),
        (12_800, "JPY", "¥12,800"),
        (12_345, "KWD", "12.345 KWD"),
        (12_345, "CHF", "123.45 CHF"),
        (0, "GBP", "£0.00"),
    ],
)
def test_an_amount_is_written_in_its_currency(amount_minor: int, currency: str, text: str) -> None:
    assert str(money(amount_minor, currency)) == text


@pytest.mark.parametrize(
    ("amount_minor", "tenth"),
    [(7999, 800), (7995, 800), (7994, 799), (5, 1), (4, 0), (0, 0), (15, 2), (25, 3)],
)
def test_a_commission_of_ten_percent_is_rounded_half_up(amount_minor: int, tenth: int) -> None:
    assert money(amount_minor).share(1000) == money(tenth)


def test_shares_of_yen_and_dinars_are_whole_minor_units() -> None:
    assert money(12_805, "JPY").share(1000) == money(1281, "JPY")
    assert str(money(79_995, "KWD").share(1000)) == "8.000 KWD"


def test_times_multiplies() -> None:
    assert money(7999).times(3) == money(23_997)


@given(st.integers(0, 10**15), st.integers(0, 10_000))
def test_a_share_is_within_half_a_unit_of_the_exact_one(amount_minor: int, basis_points: int) -> None:
    share = money(amount_minor).share(basis_points).amount_minor
    # Exact in integers: half up means share - 1/2 <= exact < share + 1/2.
    assert 20_000 * share - 10_000 <= 2 * amount_minor * basis_points < 20_000 * share + 10_000


@pytest.mark.parametrize(("amount_minor", "currency"), [(-1, "USD"), (1, "usd"), (1, "US"), (1, "")])
def test_what_is_no_money_is_refused(amount_minor: int, currency: str) -> None:
    with pytest.raises(ValidationError):
        money(amount_minor, currency)
