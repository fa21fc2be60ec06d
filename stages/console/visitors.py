"""Who looks at the console, and at whose page."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import HTTPException, Request

from stages.console.session import COOKIE, Sessions
from stages.doors.gate import Caller, Gate

SCOPE = "console"


class LoggedOut(Exception):
    """Nobody is logged in, or the key was revoked."""


@dataclass(frozen=True, slots=True)
class Visitors:
    """Tells visitors by their cookie, or by the key in their headers."""

    gate: Gate
    sessions: Sessions

    async def current(self, request: Request) -> Caller:
        """Who asks. Raises LoggedOut where nobody is logged in with a key that is good for the console."""
        caller = await self._caller(request)
        if caller is None or SCOPE not in caller.scopes:
            raise LoggedOut
        return caller

    async def of_page(self, request: Request, streamer: str) -> Caller:
        """Who asks for something of this streamer's. Raises LoggedOut, and 404 where it isn't theirs: whether there is
        such a streamer is nobody else's business."""
        caller = await self.current(request)
        # No database text holds the character NUL, so nobody is called so.
        if "\x00" in streamer or not caller.may_act_for(streamer):
            raise HTTPException(404, "There is no such page.")
        return caller

    async def _caller(self, request: Request) -> Caller | None:
        if cookie := request.cookies.get(COOKIE):
            key_id = self.sessions.key_id(cookie)
            return await self.gate.caller_of_id(key_id) if key_id else None
        return await self.gate.caller_of(request.headers)


async def same_origin(request: Request) -> None:
    """For whatever changes something: refuses (403) what another site's page sends with our cookie."""
    site = request.headers.get("sec-fetch-site")
    ours = [f"{scheme}://{request.headers.get('host')}" for scheme in ("http", "https")]
    is_ours = site == "same-origin" if site else request.headers.get("origin") in ours
    if not is_ours:
        raise HTTPException(403, "This was not sent from the console's own page.")
