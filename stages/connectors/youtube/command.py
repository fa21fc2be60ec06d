"""`tiktoksales connect youtube`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from pipeline.cli import run_async
from stages.connectors.options import MemoryFile, Via
from stages.settings import ShopSettings, require


def youtube(
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="Address or id of the live video.")],
    streamer: Annotated[str, typer.Option(help="The streamer as the catalog names them.")],
    hours: Annotated[
        float, typer.Option(min=0.1, help="So long YOUTUBE_DAILY_QUOTA must last: how long the show is.")
    ] = 4.0,
    via: Via = None,
    memory: MemoryFile = None,
) -> None:
    """Bring in a video's live chat, by YouTube's API (YOUTUBE_API_KEY). Messages that are deleted are taken back."""
    from stages.connectors.link import Link, run_connector
    from stages.connectors.youtube.api import YouTubeApi
    from stages.connectors.youtube.quota import Pace, least_seconds
    from stages.connectors.youtube.source import YouTubeSource
    from stages.connectors.youtube.video import video_id

    settings, video = ShopSettings(), video_id(video)
    require(settings, youtube_api_key="YouTube asks for the key of a project with its Data API")
    key = settings.youtube_api_key.get_secret_value()
    pace = Pace(least_seconds(settings.youtube_daily_quota, hours * 3600), time.monotonic)

    async def connected() -> None:
        async with YouTubeApi(key, settings.youtube_url) as api:
            await run_connector(settings, YouTubeSource(api, streamer, video, pace), Link(via, memory))

    run_async(connected())
