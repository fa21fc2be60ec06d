"""Logging in by a key, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from stages.console.rendering import Renderer
from stages.console.session import COOKIE, LIFE
from stages.console.visitors import SCOPE, LoggedOut, Visitors, same_origin
from stages.doors.answers import refuse

_LONGEST_KEY = 500
_UNKNOWN = "This key opens no console. Check that it was copied whole, and has the scope console or admin."


def entrance_routes(visitors: Visitors, renderer: Renderer) -> APIRouter:
    """`GET` and `POST /login`, `POST /logout`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    async def form(request: Request) -> Response:
        try:
            await visitors.current(request)
        except LoggedOut:
            return HTMLResponse(renderer.page("login", refusal=None))
        return RedirectResponse("/", 303)

    @router.post("/login", dependencies=[Depends(same_origin)])
    async def log_in(request: Request, key: Annotated[str, Form(max_length=_LONGEST_KEY)] = "") -> Response:
        caller = await visitors.gate.caller_of_key(key.strip())
        if caller is None or caller.key_id is None or SCOPE not in caller.scopes:
            return HTMLResponse(renderer.page("login", refusal=_UNKNOWN), 401)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            visitors.sessions.begin(caller.key_id),
            max_age=int(LIFE.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    @router.post("/logout", dependencies=[Depends(same_origin)])
    async def log_out() -> Response:
        return logged_out("/login")

    return router


def logged_out(address: str) -> Response:
    """Sends a browser to this address without its cookie."""
    answer = RedirectResponse(address, 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def to_the_entrance(request: Request) -> Response:
    """What a request that needs a login and has none is answered: a page goes to the entrance; htmx is told to take the
    page there, and the feed ends."""
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    if "text/html" in request.headers.get("accept", ""):
        return logged_out("/login")
    answer = refuse(401, "Log in first, at /login, or send a key: Authorization: Bearer KEY.")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
