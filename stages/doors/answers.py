"""What a door answers where it takes nothing: `{"ok": false, "error": "..."}`."""

from __future__ import annotations

from typing import Any, Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

RETRY_SECONDS = 1

_MEANINGS = {
    400: "The request is not what this door takes",
    401: "No key, or one that opens nothing",
    403: "The key is not for this",
    404: "There is no such thing",
    408: "The body took too long to come",
    409: "It can't be done as things stand",
    413: "The body is too long",
    422: "The fields are not right; the error says which",
    429: "Too many; Retry-After says when again",
    503: "It can't be done now, and nothing was kept unless the error says so; Retry-After says when again",
}


class Refused(BaseModel):
    """`error` says why, and whether anything may have been kept."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ok": False, "error": "A sentence that says why, and what to do."}]}
    )

    ok: Literal[False] = False
    error: str


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These answers, for a route's documentation. Where a body may be too long, it may also be too slow."""
    told = sorted({*statuses, 408}) if 413 in statuses else statuses
    return {status: {"model": Refused, "description": _MEANINGS[status]} for status in told}


KEYED = (401, 403, 503)
"""What every route answers that asks for a key."""


def refuse(status: int, error: str, *, retry_seconds: int = RETRY_SECONDS) -> JSONResponse:
    """The answer; 429 and 503 say when to try again."""
    headers = {"Retry-After": str(retry_seconds)} if status in (429, 503) else None
    return JSONResponse({"ok": False, "error": error}, status_code=status, headers=headers)
