"""Rates measured on the house: real models, database and sandbox."""

from __future__ import annotations

from stages.demo.show import ShowComment
from stages.scale_plan.measure import play
from stages.scale_plan.plan import PROMISES, plan
from tests.e2e.shop import MAYA, Shop

_LINES = 60


async def test_a_shop_that_sells_tells_what_each_of_its_stages_can_do(shop: Shop) -> None:
    others = [line for line in shop.show.lines if isinstance(line, ShowComment) and line.streamer != MAYA]
    rates = await play(shop.show.model_copy(update={"lines": tuple(others[:_LINES])}), shop.house, 0.01)
    measured = {rate.stage: rate for rate in rates}
    assert {"ingest", "intent", "vision", "projector"} <= measured.keys() <= PROMISES.keys()
    assert measured["ingest"].records == measured["intent"].records == _LINES
    assert 0 < measured["vision"].records < _LINES
    assert measured["vision"].slots > 1 == measured["intent"].slots
    for rate in rates:
        assert 0 < rate.handler_seconds < 10
        assert rate.cpu_seconds is None or 0 < rate.cpu_seconds < 10
        assert rate.per_second > 0
    rows = {row.stage: row for row in plan(rates, 10_000.0, utilisation=0.6, buying=None).rows}
    assert (rows["intent"].replicas or 0) > 1
