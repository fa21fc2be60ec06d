"""The alerts on a real Prometheus that scrapes a real shop; for the dashboards see test_demo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.prometheus import PROMETHEUS, Prometheus, scraping
from tests.e2e.shop import Shop, Viewer, identity, until

WORKERS = ("intent", "intent-2")
pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not there: install the package")


@pytest.fixture(scope="module")
async def prometheus(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    folder = tmp_path_factory.mktemp("watched") / "prometheus"
    with scraping(shop.house.targets_file, folder) as url:
        async with httpx.AsyncClient(trust_env=False) as http:
            yield Prometheus(url, http)


def passer_by() -> Viewer:
    return Viewer(f"watched.{uuid4().hex[:8]}", uuid4().hex)


async def test_a_stage_that_stands_still_fires_its_alert_and_no_other(
    shop: Shop, prometheus: Prometheus
) -> None:
    async def nothing_fires() -> bool:
        return await prometheus.firing() == set()

    shop.house.start_process("intent-2")

    async def both_work() -> bool:
        told = await prometheus.ask('tiktoksales_received_total{stage="intent"}')
        return {each["metric"]["process"] for each in told} == {"intent", "intent-2"}

    await until(both_work, "a second worker", seconds=60)
    await until(nothing_fires, "nothing is wrong", seconds=60)
    for each in WORKERS:
        shop.house.pause_process(each)
    posted: list[dict[str, Any]] = []

    async def something_waits() -> bool:
        # What comes first is handed to the readers that stand still; the rest nobody takes.
        posted.append(shop.fields(f"is this cotton, {len(posted)}?", passer_by()))
        assert (await shop.post(posted[-1])).is_success
        return (await shop.wiring.backbone.weigh("intent", "intent", 0)).unread > 0

    await until(something_waits, "nobody takes what comes")

    async def something_fires() -> set[tuple[str, str]]:
        return await prometheus.firing()

    try:
        fired = await until(something_fires, "an alert", seconds=60)
    finally:
        for each in WORKERS:
            shop.house.resume_process(each)
    assert fired == {("ConsumerGone", "intent")}
    for fields in posted:
        await shop.end_of(identity(fields))
    await until(nothing_fires, "it is well again", seconds=60)
    shop.house.dismiss_process("intent-2")
