"""The console's application."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import Message, Scope

from stages.adapters.database import DatabaseUnavailable
from stages.console.apologies import Apologies
from stages.console.backstage import Backstage
from stages.console.entrance import to_the_entrance
from stages.console.rendering import Renderer
from stages.console.routes import console_routes, static_files
from stages.console.session import Sessions
from stages.console.visitors import LoggedOut, Visitors
from stages.doors.answer_headers import AnswerHeaders
from stages.doors.door import create_door
from stages.doors.gate import Gate

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
}
_KEEP = "public, max-age=31536000, immutable"  # their addresses change with their content


def page_headers(scope: Scope, start: Message) -> None:
    """Write what browsers may do with pages, on top of what every door tells them."""
    headers = MutableHeaders(scope=start)
    headers.update(_HEADERS)
    if scope["path"].startswith("/static/") and start["status"] in (200, 304):
        headers["Cache-Control"] = _KEEP


def create_console(backstage: Backstage, gate: Gate, sessions: Sessions) -> FastAPI:
    """The console for whoever the gate lets in."""
    renderer = Renderer()
    apologies = Apologies(renderer)
    app = create_door(
        "TikTokSales console",
        *console_routes(backstage, Visitors(gate, sessions), renderer),
        gate=gate,
        alive=backstage.database.ping,
        ready={"Postgres": backstage.database.ping, "Redis": backstage.redis.ping},
        replies={
            LoggedOut: _logged_out,
            HTTPException: apologies.not_here,
            RequestValidationError: apologies.unreadable,
            DatabaseUnavailable: apologies.away,
        },
        documented=False,
    )
    app.add_middleware(AnswerHeaders, write=page_headers)
    app.router.routes.append(static_files())
    return app


async def _logged_out(request: Request, _: Exception) -> Response:
    return to_the_entrance(request)
