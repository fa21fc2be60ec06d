"""The Twilio SDK's HTTP on our own session.

The SDK's own asynchronous client authenticates in a way that aiohttp is about to drop, and knows no time limit
on connecting; the SDK takes any object with this method in its place.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode

from twilio.http.response import Response

from stages.adapters.http_session import HttpSession

departure: ContextVar[Callable[[], None] | None] = ContextVar("departure", default=None)
"""Called as the last thing before a request leaves; raises where it must not."""


class TwilioTransport:
    """What `twilio.rest.Client(http_client=...)` asks for; raises the session's errors as they are."""

    is_async = True

    def __init__(self, timeout_seconds: float, *, trust_env: bool) -> None:
        self._session = HttpSession("twilio", timeout_seconds, trust_env=trust_env)

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the SDK's signature; ours is in the session
        allow_redirects: bool = False,
    ) -> Response:
        """One request and its whole answer."""
        query = urlencode(
            {name: value for name, value in (params or {}).items() if value is not None}, doseq=True
        )
        if query:
            url = f"{url}{'&' if '?' in url else '?'}{query}"
        body = urlencode(data, doseq=True).encode() if data else None
        if may_leave := departure.get():
            may_leave()
        answer = await self._session.request(method, url, {**(headers or {}), **_authorization(auth)}, body)
        return Response(answer.status, answer.body.decode(), answer.headers)

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()


def _authorization(auth: tuple[str, str] | None) -> dict[str, str]:
    if auth is None:
        return {}
    return {"Authorization": f"Basic {base64.b64encode(':'.join(auth).encode()).decode()}"}
