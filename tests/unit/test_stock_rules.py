"""Whoever gives no rules of stock has those of the settings' defaults."""

from __future__ import annotations

from stages.adapters.database.stock import StockRules
from stages.settings import ShopSettings
from stages.wiring import stock_rules


def test_the_defaults_are_those_of_the_settings() -> None:
    assert stock_rules(ShopSettings()) == StockRules()
