"""Tells browsers what they must not do with our answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.types import Message, Scope

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}

RawHeaders = Sequence[tuple[bytes, bytes]]


def _raw(headers: Mapping[str, str]) -> RawHeaders:
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


_RAW, _RAW_OVER_TLS = _raw(HEADERS), _raw(HEADERS | _OVER_TLS)


def with_security(given: RawHeaders, *, over_tls: bool) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, and those of HEADERS that it does not name itself."""
    said = {name.lower() for name, _ in given}
    return [*given, *(each for each in (_RAW_OVER_TLS if over_tls else _RAW) if each[0] not in said)]


def secure(scope: Scope, start: Message) -> None:
    """Write HEADERS where the answer does not say otherwise itself."""
    start["headers"] = with_security(start.get("headers", ()), over_tls=scope["scheme"] == "https")
