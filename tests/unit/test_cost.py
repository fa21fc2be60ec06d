"""What a thousand comments cost, from what was counted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from stages.cost.bill import Counted, bill, per_thousand, seed_bill, total
from stages.cost.prices import DEFAULTS, UnusablePrice, prices

DAY = Counted(
    hours=Decimal(24),
    comments=2_000,
    orders=300,
    refunds=3,
    charges=100,
    charged={"USD": Decimal("8000")},
    whatsapp=250,
    sms=10,
    database_bytes=73_000_000_000,
    redis_bytes=None,
    core_seconds=Decimal(7200),
)


def dollars(counted: Counted, **rates: str) -> dict[str, Decimal | None]:
    items = bill(counted, DEFAULTS, {name: Decimal(rate) for name, rate in rates.items()})
    return {item.name: item.dollars for item in items}


def test_the_items_are_what_was_counted_times_their_prices() -> None:
    found = dollars(DAY)
    assert found["Stripe, share of the charge"] == Decimal("232")
    assert found["Stripe, for each charge"] == 30
    assert found["WhatsApp messages"] == Decimal("2.25")
    assert found["SMS"] == Decimal("0.083")
    assert found["processors"] == Decimal("0.081")
    assert round(found["database"] or Decimal(0), 3) == Decimal(
        "0.276"
    )  # 73 GB for a day of a month of 730 h


def test_what_is_not_known_is_no_zero() -> None:
    assert dollars(DAY)["Redis"] is None
    strange = replace(DAY, charged={"USD": Decimal(10), "EUR": Decimal(100)})
    assert dollars(strange)["Stripe, share of the charge"] is None
    assert dollars(strange, EUR="1.10")["Stripe, share of the charge"] == Decimal("0.029") * 120
    [share, *_] = bill(strange, DEFAULTS, {})
    assert share.why == "give --rate EUR=DOLLARS"


def test_a_thousand_comments_cost_their_part() -> None:
    [share, fixed, *_] = bill(DAY, DEFAULTS, {})
    assert [per_thousand(item, 2_000) for item in (share, fixed)] == [Decimal(116), Decimal(15)]
    assert per_thousand(share, 0) is None
    assert total([Decimal(1), None, Decimal(2)]) == 3


def test_the_seeds_orders_cost_42_dollars_of_fixed_fees_alone() -> None:
    share, fixed, messages = seed_bill(DAY, DEFAULTS, {})
    assert [fixed.dollars, messages.dollars] == [Decimal(42), Decimal("2.52")]
    assert share.dollars == Decimal("0.029") * 140 * 80  # at the mean amount that was charged
    assert seed_bill(replace(DAY, charges=0, charged={}), DEFAULTS, {})[0].dollars is None


@pytest.mark.parametrize("given", ["sms", "sms=", "sms=-1", "sms=much", "sms=NaN", "stamps=1"])
def test_a_price_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(UnusablePrice, match="NAME=DOLLARS"):
        prices([given])
