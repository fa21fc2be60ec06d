"""What is paid for is counted in a real database, Redis and process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from prometheus_client import MetricsHandler

from pipeline.engines.redis.connection import connect
from stages.adapters.database import Database
from stages.adapters.database.comments import Comments
from stages.cost.counting import UnreadableMetrics, count
from tests.contract.test_floods import comment


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The URL of metrics that this handler gives."""
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def metrics_url() -> Iterator[str]:
    with answering(MetricsHandler) as url:
        yield url


@pytest.fixture
def silent_url() -> Iterator[str]:
    class Silent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with answering(Silent) as url:
        yield url


async def test_what_happened_since_then_is_counted(
    database: Database, redis_url: str, metrics_url: str
) -> None:
    redis, begun = connect(redis_url), datetime.now(UTC)
    later = begun + timedelta(hours=1)
    before = await count(database, redis, [], begun - timedelta(days=1), later)
    await Comments(database).store([comment(f"cost {n}", n, message_id=f"cost-{n}") for n in range(3)])
    after = await count(database, redis, [metrics_url, metrics_url], begun - timedelta(days=1), later)
    away = await count(database, None, [], begun, later)
    await redis.aclose()
    assert after.comments - before.comments == 3
    assert after.hours == 25
    assert after.core_seconds is not None
    assert after.core_seconds > 0
    assert (after.database_bytes or 0) > 1_000_000
    assert (after.redis_bytes or 0) > 100_000
    assert (away.redis_bytes, away.core_seconds, away.charges) == (None, None, 0)


async def test_a_process_that_tells_nothing_is_named(database: Database, silent_url: str) -> None:
    now = datetime.now(UTC)
    with pytest.raises(UnreadableMetrics, match=r"does not tell .*process"):
        await count(database, None, [silent_url], now, now)
    with pytest.raises(UnreadableMetrics, match="tells nothing"):
        await count(database, None, ["http://127.0.0.1:1/metrics"], now, now)
