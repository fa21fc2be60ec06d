"""`tiktoksales frames`: a stream, or a video of one, as frames for the vision stage."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import run_async
from pipeline.metrics import serving_metrics
from pipeline.moment import NotAMoment, age, moment
from pipeline.worker import Agent, Worker
from stages.frames.sampling import Sampling
from stages.mendable import Mendable
from stages.settings import ShopSettings, require

if TYPE_CHECKING:
    from stages.adapters.frames import FrameStore


class UnusableFrameStore(Mendable):
    """--to, or FRAMES_URL, names no place that frames can be written to."""


def frames(
    streamer: Annotated[str, typer.Argument(help="The handle that comments name as their streamer.")],
    source: Annotated[
        str,
        typer.Argument(
            metavar="URL_OR_FILE", help="HTTP(S), HLS, RTMP, RTSP or SRT address; or a video file."
        ),
    ],
    fps: Annotated[float, typer.Option(min=0.01, max=30.0, help="Frames a second.")] = 1.0,
    keep: Annotated[
        str | None,
        typer.Option(help="Delete the streamer's frames once they are older: 15m, 2h, 7d. Else all stay."),
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="Where to: file://, s3:// or http(s):// (FRAMES_URL).")
    ] = None,
    latency: Annotated[
        float,
        typer.Option(min=0.0, max=600.0, help="Seconds by which a live source is later than the camera."),
    ] = 0.0,
    starts_at: Annotated[
        str | None,
        typer.Option(
            help="When a recorded video began: 2h, or ISO 8601. Else it is played as if it were live."
        ),
    ] = None,
) -> None:
    """Take frames of a live stream or a video, and store them where the vision stage looks for them."""
    settings = ShopSettings()
    if to is None:
        require(settings, frames_url="where the frames are to lie, as --to says")
    try:
        kept = age(keep) if keep else None
        begun = moment(starts_at, datetime.now(UTC)).timestamp() if starts_at else None
    except NotAMoment as error:
        raise typer.BadParameter(str(error)) from error
    sampling = Sampling(streamer, source, fps, latency, begun)
    stored = run_async(_sample(settings, to or settings.frames_url, sampling, kept))
    typer.echo(f"{stored} frames stored.")


async def _sample(settings: ShopSettings, url: str, sampling: Sampling, keep: timedelta | None) -> int:
    # The video's libraries come with the verb that needs them, not with every call of the command.
    from stages.frames.retention import retention
    from stages.frames.sampler import Sampler
    from stages.frames.writer import FrameWriter

    with serving_metrics(settings):
        async with _store_at(url) as store:
            writer = FrameWriter(store, sampling.streamer, time.time)
            agents: list[Agent] = [Sampler(sampling, writer, now=time.time, random=random.random)]
            if keep is not None:
                agents.append(retention(store, sampling.streamer, keep, lambda: datetime.now(UTC)))
            await Worker(agents, settings.drain_seconds).run()
            return writer.stored


@asynccontextmanager
async def _store_at(url: str) -> AsyncIterator[FrameStore]:
    from stages.adapters.frames import FrameStore

    try:
        store = FrameStore(url)
    except ValueError as error:
        raise UnusableFrameStore(str(error)) from error
    try:
        yield store
    finally:
        await store.close()
