"""How a connector reaches the pipeline, and where it remembers what it pushed."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import structlog

from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.metrics import serving_metrics
from pipeline.worker import Worker
from stages.commands.opened import sources_of
from stages.connectors.connecting import Connector
from stages.connectors.file_memory import FileMemory
from stages.connectors.gateway_outlet import GatewayOutlet
from stages.connectors.memory import Memory
from stages.connectors.outlet import Outlet
from stages.connectors.redis_memory import RedisMemory
from stages.connectors.source import Source
from stages.connectors.stream_outlet import StreamOutlet
from stages.mendable import Mendable
from stages.settings import ShopSettings, require

MEMORY_FOLDER = Path(".connectors")


class NotOnKafka(Mendable):
    """A connector writes straight into Redis alone."""

    def __init__(self) -> None:
        super().__init__(
            "With ENGINE=kafka a connector brings its comments by a gateway: give --via and its address."
        )


@dataclass(frozen=True, slots=True)
class Link:
    """Straight into Redis; or, with `via`, by the gateway there, remembering in the file `memory`, and `patient` (see
    GatewayOutlet)."""

    via: str | None = None
    memory: Path | None = None
    patient: bool = False


async def run_connector(
    settings: ShopSettings, source: Source, link: Link, *, signed_as: str | None = None
) -> None:
    """Keep the source connected until its show is over, or SIGTERM. In Redis, its comments are signed as `signed_as`
    (its platform, where that is not given). Raises Refused, MissingSetting and MetricsNotServed."""
    with serving_metrics(settings):
        async with _opened(settings, source, link, signed_as or source.platform) as (outlet, memory):
            connector = Connector(source, outlet, memory, now=lambda: datetime.now(UTC), random=random.random)
            await Worker([connector], settings.drain_seconds).run()


@asynccontextmanager
async def _opened(
    settings: ShopSettings, source: Source, link: Link, signed_as: str
) -> AsyncIterator[tuple[Outlet, Memory]]:
    async with AsyncExitStack() as stack:
        if link.via:
            file = link.memory or MEMORY_FOLDER / f"{_file_name(source)}.sqlite"
            memory = stack.enter_context(FileMemory.open(file, time.time))
            key = settings.connector_key.get_secret_value()
            yield (
                await stack.enter_async_context(GatewayOutlet.open(link.via, key, patient=link.patient)),
                memory,
            )
            return
        if settings.engine == "kafka":
            raise NotOnKafka
        require(settings, redis_url="where Redis or Valkey listens; or give --via")
        redis, keys = connect(settings.redis_url), Keys(settings.key_prefix)
        stack.push_async_callback(redis.aclose)
        sources = sources_of(settings)
        if signed_as not in sources.keys:
            structlog.get_logger().warning(
                f"SOURCE_KEYS has no key for {signed_as!r}: its buys become orders with pay links"
            )
        memory_in_redis = RedisMemory(redis, keys, source.platform, source.streamer, clock=time.time)
        yield StreamOutlet(redis, keys, sources, signed_as), memory_in_redis


def _file_name(source: Source) -> str:
    return quote(f"{source.platform}-{source.streamer}", safe="")[:200]
