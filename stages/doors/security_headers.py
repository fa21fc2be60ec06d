"""Tells browsers what they must not do with our answers."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}


class SecurityHeaders:
    """ASGI middleware: sets HEADERS where the answer does not say otherwise itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._plain = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
        self._tls = [(name.lower().encode(), value.encode()) for name, value in _OVER_TLS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ours = self._plain + self._tls if scope["scheme"] == "https" else self._plain

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.setdefault("headers", [])
                said = {name.lower() for name, _ in given}
                message["headers"] = [*given, *(each for each in ours if each[0] not in said)]
            await send(message)

        await self._app(scope, receive, send_on)
