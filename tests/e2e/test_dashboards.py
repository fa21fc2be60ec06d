"""The dashboards and alerts on a real Prometheus that scrapes a real shop."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from deploy.grafana.draw import FOLDER, queries
from tests.e2e.prometheus import PROMETHEUS, Prometheus, scraping
from tests.e2e.shop import Shop, Viewer, identity, until

BUY = "OMG I love this jacket! I want to buy it now!"
pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not there: install the package")


@pytest.fixture(scope="module")
async def prometheus(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    folder = tmp_path_factory.mktemp("watched") / "prometheus"
    with scraping(shop.house.targets_file, folder) as url:
        async with httpx.AsyncClient(trust_env=False) as http:
            yield Prometheus(url, http)


def passer_by() -> Viewer:
    return Viewer(f"watched.{uuid4().hex[:8]}", uuid4().hex)


ASKED = [query for file in sorted(FOLDER.iterdir()) for query in queries(json.loads(file.read_text()))]


async def test_no_panel_of_a_dashboard_is_empty(shop: Shop, prometheus: Prometheus) -> None:
    empty = list(ASKED)
    assert len(empty) > 15
    assert (
        await shop.post(shop.fields(BUY))
    ).is_success  # by a saved card: it is paid, and earns a commission

    async def all_have_data() -> bool:
        # Rates need an increase between two scrapes.
        for words in ("This is so cute! 💕", BUY):
            assert (await shop.post(shop.fields(words, passer_by()))).is_success
        empty[:] = [query for query in ASKED if not await prometheus.ask(query)]
        return not empty

    try:
        await until(all_have_data, "every panel has data", seconds=90)
    finally:
        assert empty == []


async def test_a_stage_that_stands_still_fires_its_alert_and_no_other(
    shop: Shop, prometheus: Prometheus
) -> None:
    async def nothing_fires() -> bool:
        return await prometheus.firing() == set()

    await until(nothing_fires, "nothing is wrong", seconds=60)
    shop.house.kill_process("intent")
    fields = shop.fields("is this cotton?", passer_by())
    assert (await shop.post(fields)).is_success

    async def something_fires() -> set[tuple[str, str]]:
        return await prometheus.firing()

    try:
        fired = await until(something_fires, "an alert", seconds=60)
    finally:
        shop.house.start_process("intent")
    assert fired == {("ConsumerGone", "intent")}
    await shop.end_of(identity(fields))
    await until(nothing_fires, "it is well again", seconds=60)
