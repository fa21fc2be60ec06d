"""`tiktoksales pin`: what the host shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli import run_async
from pipeline.engines.redis.append import RedisAppender
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.ports import PublicDoor
from stages.commands.opened import opened_database, sources_of
from stages.settings import ShopSettings, require


def pin(
    streamer: Annotated[str, typer.Argument()],
    sku: Annotated[str | None, typer.Argument(help="Without it, nothing is pinned any more.")] = None,
) -> None:
    """Say which product the host shows: evidence for what the comments from now on mean."""
    from stages.doors.gateway import SOURCE
    from stages.pins import PinBoard

    if not streamer.strip():
        raise typer.BadParameter("say whose product it is: the streamer's handle")
    settings = ShopSettings()
    require(settings, redis_url="where Redis or Valkey listens")

    async def pinned() -> str:
        async with opened_database(settings) as database, _appender_of(settings) as appender:
            board = PinBoard(appender, database, sources_of(settings), SOURCE, lambda: datetime.now(UTC))
            return await board.pin(streamer, sku)

    found = run_async(pinned())
    typer.echo(f"Pinned {found}." if sku else "Nothing is pinned.")


@asynccontextmanager
async def _appender_of(settings: ShopSettings) -> AsyncIterator[PublicDoor]:
    if settings.engine == "kafka":
        from pipeline.engines.kafka.engine import open_kafka
        from stages.backbone import DOOR
        from stages.wiring import READS

        async with open_kafka(settings, stages=READS, door=DOOR) as kafka:
            yield kafka.appender
        return
    redis = connect(settings.redis_url)
    try:
        yield RedisAppender(redis, Keys(settings.key_prefix))
    finally:
        await redis.aclose()
