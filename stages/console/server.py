"""Puts the console together, and serves it."""

from __future__ import annotations

from fastapi import FastAPI

from stages.console.app import create_console
from stages.console.backstage import Backstage
from stages.console.session import Sessions
from stages.doors.serving import Listening, check_safe, serve_door
from stages.settings import ShopSettings
from stages.wiring import Wiring, utc_now


def console_of(wiring: Wiring) -> FastAPI:
    """The console's application."""
    settings = wiring.settings
    backstage = Backstage.of(wiring.database, wiring.redis, wiring.keys, settings, utc_now, wiring.backbone)
    data_keys = [key.get_secret_value() for key in settings.data_keys]
    return create_console(backstage, wiring.gate, Sessions.under(data_keys, utc_now))


async def serve_console(settings: ShopSettings, listening: Listening) -> None:
    """Serve until SIGTERM or SIGINT; open pages are told to come again. Raises UnopenedDoor."""
    check_safe(settings, listening)
    async with Wiring.open(settings) as wiring:
        await serve_door(console_of(wiring), settings, listening)
