"""The vision service: `POST /match` finds the product on the newest frame before a comment."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from PIL import Image
from pydantic import BaseModel

from stages.adapters.catalog_index import CatalogIndex
from stages.adapters.frames import FrameKey, FrameStore, decode_frame
from stages.adapters.matcher import FrameDescription, Matcher

WINDOW = timedelta(seconds=12)
Describe = Callable[[str, bytes], FrameDescription]


class Moment(BaseModel):
    """Whose show, and when the viewer wrote."""

    streamer: str
    timestamp: datetime


class Found(BaseModel):
    """The product on screen, if there is a frame."""

    sku: str | None
    score: float


class Catalog(BaseModel):
    """What the streamers sell: sku and pictures by streamer, and by how much viewers see the show late."""

    folder: Path
    products: dict[str, dict[str, list[Path]]]
    delays: dict[str, float]


def make_app(
    matcher: Matcher,
    describe: Describe,
    indexes: dict[str, CatalogIndex],
    delays: dict[str, float],
    frames: str,
) -> FastAPI:
    """The service, around models and catalogs that are loaded."""
    app = FastAPI()
    store = FrameStore(frames)

    @app.get("/healthz")
    def healthz() -> dict[str, bool]:
        return {"ok": True}

    @app.post("/match")
    async def match(moment: Moment) -> Found:
        frame = await newest(moment)
        if frame is None:
            return Found(sku=None, score=0.0)
        data = await store.read(frame)
        description = await asyncio.to_thread(describe, frame.path, data)
        found = matcher.match([description], indexes[moment.streamer])
        return Found(sku=found.sku, score=found.score) if found else Found(sku=None, score=0.0)

    async def newest(moment: Moment) -> FrameKey | None:
        end = moment.timestamp - timedelta(seconds=delays[moment.streamer])
        window = await store.window(moment.streamer, end - WINDOW, end, 1)
        return window[-1] if window else None

    return app


def main() -> None:
    """Serve on the given port of this machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.baseline.vision_service")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--catalog", type=Path, required=True, help="a Catalog as JSON")
    parser.add_argument("--frames", required=True, help="where the frames lie: file://")
    parser.add_argument("--cache", action="store_true", help="describe each frame once")
    given = parser.parse_args()
    catalog = Catalog(**json.loads(given.catalog.read_text()))
    matcher = Matcher.from_folder(given.models, threads=1)
    indexes = {streamer: _index(matcher, catalog, streamer) for streamer in catalog.products}

    def look(path: str, data: bytes) -> FrameDescription:
        return matcher.describe(decode_frame(data, path))

    describe = lru_cache(maxsize=1000)(look) if given.cache else look
    app = make_app(matcher, describe, indexes, catalog.delays, given.frames)
    uvicorn.run(app, port=given.port, log_level="warning")


def _index(matcher: Matcher, catalog: Catalog, streamer: str) -> CatalogIndex:
    return matcher.index(
        (sku, [Image.open(catalog.folder / picture).convert("RGB") for picture in pictures])
        for sku, pictures in catalog.products[streamer].items()
    )


if __name__ == "__main__":
    main()
