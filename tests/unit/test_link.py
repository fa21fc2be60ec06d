"""Where a connector brings its comments."""

from __future__ import annotations

import pytest

from stages.connectors.link import Link, NotOnKafka, run_connector
from stages.connectors.source import Source
from stages.settings import ShopSettings


async def test_on_kafka_a_connector_without_a_gateway_refuses_and_says_what_to_do() -> None:
    settings = ShopSettings(engine="kafka", redis_url="redis://127.0.0.1:1")
    source: Source = None  # type: ignore[assignment]  # it is not come to
    with pytest.raises(NotOnKafka, match="--via"):
        await run_connector(settings, source, Link(), signed_as="tiktok")
