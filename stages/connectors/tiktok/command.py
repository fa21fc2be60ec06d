"""`tiktoksales connect tiktok`."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli import run_async
from stages.connectors.away import Refused
from stages.connectors.options import MemoryFile, Streamer, Via
from stages.connectors.source import Source
from stages.settings import ShopSettings


def tiktok(
    username: Annotated[str, typer.Argument(metavar="NAME", help="As in https://www.tiktok.com/@NAME/live.")],
    streamer: Streamer = None,
    once: Annotated[
        bool, typer.Option("--once", help="End with the live; do not wait for the next.")
    ] = False,
    via: Via = None,
    memory: MemoryFile = None,
) -> None:
    """Bring in the comments under a TikTok LIVE, and the products that are pinned. Needs the extra `tiktok`."""
    from stages.connectors.link import Link, run_connector

    settings = ShopSettings()
    name = username.strip().removeprefix("https://www.tiktok.com/").removeprefix("@").removesuffix("/live")
    if not name:
        raise typer.BadParameter("say who is live: @name, or the address of the live")
    source = _source(settings, name, streamer or name, once=once)
    run_async(run_connector(settings, source, Link(via, memory)))


def _source(settings: ShopSettings, username: str, streamer: str, *, once: bool) -> Source:
    with warnings.catch_warnings():
        # The library uses an interface of `websockets` that is kept for it, and says so at each start.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            from stages.connectors.tiktok.client import RoomClient
            from stages.connectors.tiktok.source import TikTokSource
        except ModuleNotFoundError as error:
            raise Refused(
                f"{error.name} is not installed: install tiktoksales[tiktok]. TikTokLive has a licence of its own."
            ) from error
    key = settings.tiktok_sign_key.get_secret_value()
    return TikTokSource(
        username,
        streamer,
        client=lambda: RoomClient(username, key, settings.tiktok_url),
        products=settings.tiktok_products,
        now=lambda: datetime.now(UTC),
        once=once,
    )
