"""What is said instead of a page."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from stages.console.rendering import Renderer
from stages.doors.answers import RETRY_SECONDS, refuse
from stages.doors.door import words_of
from stages.doors.faults import words_for

_NOT_HERE = "There is no such page, or it isn't yours."
_AWAY = "The database is away. Nothing is lost: please try again in a moment."


@dataclass(frozen=True, slots=True)
class Apologies:
    """Pages for people, the door's own JSON for everything else."""

    renderer: Renderer

    async def not_here(self, request: Request, error: Exception) -> Response:
        """For whatever was refused with a status."""
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
        words = words_of(error, request.url.path)
        return self._said(request, error.status_code, _NOT_HERE if error.status_code == 404 else words)

    async def unreadable(self, request: Request, error: Exception) -> Response:
        """For an address that can't be one of ours, and for a form that is not right."""
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
        faults = error.errors()
        if any(fault["loc"][0] == "path" for fault in faults):
            return self._said(request, 404, _NOT_HERE)
        return self._said(request, 422, "; ".join(map(words_for, faults)))

    async def away(self, request: Request, _: Exception) -> Response:
        """For DatabaseUnavailable."""
        return self._said(request, 503, _AWAY)

    def _said(self, request: Request, status: int, words: str) -> Response:
        is_page = "text/html" in request.headers.get("accept", "") and "hx-request" not in request.headers
        if not is_page:
            return refuse(status, words)
        headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else None
        return HTMLResponse(self.renderer.page("sorry", words=words), status, headers)
