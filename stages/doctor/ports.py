"""Whether the doors find their ports free, or themselves there."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import httpx

from pipeline.finding import Finding
from stages.settings import ShopSettings

_SUBJECT = "Ports"
_DOORS = {
    "gateway_port": "gateway_host",
    "console_port": "console_host",
    "intent_port": "faces_host",
    "vision_port": "faces_host",
    "order_port": "faces_host",
    "metrics_port": "metrics_host",
}
_OURS = {"metrics_port": ("/metrics", "tiktoksales_")}  # where to ask, and what only we answer
_OURS_ELSE = ("/healthz", '"ok":')
_TAKEN = (errno.EADDRINUSE, errno.EACCES)
_SECONDS = 1.0


async def ports_finding(settings: ShopSettings) -> Finding:
    """Of all doors; port 0 is any free one."""
    seen: dict[int, str] = {}
    open_now = 0
    for name, host, port in _wanted(settings):
        if port in seen:
            words = (
                f"{seen[port]} and {name} are both {port}: the second one to start can't. Give each its own."
            )
            return Finding("error", _SUBJECT, words)
        seen[port] = name
        if is_free(host, port):
            continue
        if not await _is_ours(name, host, port):
            return Finding(
                "warning",
                _SUBJECT,
                f"Another program listens on port {port} ({name}): stop it, or set {name} to a free one.",
            )
        open_now += 1
    return Finding("ok", _SUBJECT, f"{open_now} doors are open; the ports of the others are free.")


def is_free(host: str, port: int) -> bool:
    """Whether a door could listen there; an address that is not this machine's is somebody else's matter."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the doors do
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno not in _TAKEN
    return True


async def _is_ours(name: str, host: str, port: int) -> bool:
    path, said = _OURS.get(name.lower(), _OURS_ELSE)
    everywhere = ("0.0.0.0", "::")  # nosec B104 # noqa: S104 - where they listen, not we
    reached = "127.0.0.1" if host in everywhere else host
    # Nothing is told to whoever listens there.
    async with httpx.AsyncClient(verify=False, timeout=_SECONDS, trust_env=False) as http:  # nosec B501 # noqa: S501
        for scheme in ("http", "https"):
            try:
                answer = await http.get(f"{scheme}://{reached}:{port}{path}")
            except httpx.TimeoutException:
                return False  # it listens, and has nothing to say
            except httpx.HTTPError:
                continue
            return said in answer.text
    return False


def _wanted(settings: ShopSettings) -> Iterator[tuple[str, str, int]]:
    for port, host in _DOORS.items():
        if number := getattr(settings, port):
            yield port.upper(), getattr(settings, host), number
