"""Everything that the console answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.resources import files

from fastapi import APIRouter
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from stages.adapters.frames import FrameStore
from stages.adapters.pictures import PictureStore
from stages.console.action_routes import action_routes
from stages.console.backstage import Backstage
from stages.console.entrance import entrance_routes
from stages.console.feed import Feed
from stages.console.live import live_routes
from stages.console.pages import page_routes
from stages.console.panels import panels_on
from stages.console.picture_routes import picture_routes
from stages.console.pictures import Pictures
from stages.console.rendering import Renderer
from stages.console.viewer_routes import viewer_routes
from stages.console.visitors import Visitors

LOOK_SECONDS = 1.0
"""How often the panels are looked at, while anybody has the page open."""


def console_routes(backstage: Backstage, visitors: Visitors, renderer: Renderer) -> Sequence[APIRouter]:
    """The console's routers. Whoever includes them also answers LoggedOut, by `to_the_entrance`."""
    panels = panels_on(backstage.settings.engine)
    feed = Feed(panels, renderer, LOOK_SECONDS, time.monotonic)
    return (
        entrance_routes(visitors, renderer),
        page_routes(backstage, panels, visitors, renderer),
        live_routes(feed, backstage, visitors, time.monotonic),
        action_routes(backstage, panels, visitors, renderer),
        picture_routes(backstage, _pictures(backstage), visitors),
        viewer_routes(backstage, visitors, renderer),
    )


def _pictures(backstage: Backstage) -> Pictures:
    settings = backstage.settings
    prefixes = settings.frame_url_prefixes
    frames = FrameStore(settings.frames_url, url_prefixes=prefixes) if settings.frames_url else None
    return Pictures(frames, PictureStore(settings.catalog_url) if settings.catalog_url else None)


def static_files() -> Mount:
    """`GET /static/...`: style, script and mark."""
    return Mount("/static", StaticFiles(directory=str(files("stages.console") / "static")))
