"""What comes from this machine, and by no other site's page.

A browser on this machine carries every page that is open in it: a page of another site may send requests to an address
of ours (its `Origin` tells), also under a name of its own that it lets point here (DNS rebinding: the `Host` tells).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own, which no other can reach."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def why_not_from_here(headers: Mapping[str, str]) -> str | None:
    """Why a request is not taken for one of this machine's own, in a sentence; None where it is one."""
    if not _is_ours(f"//{headers.get('host', '')}"):
        return "This door stands open to names of this machine alone (127.0.0.1, localhost)."
    origin = headers.get("origin")
    if origin is not None and not _is_ours(origin):
        return "This door does not stand open to pages of other sites."
    if headers.get("sec-fetch-site") == "cross-site":
        return "This door does not stand open to pages of other sites."
    if any(name in headers for name in _FORWARDED):
        return "This door does not stand open to what a proxy forwards."
    return None


@lru_cache(maxsize=256)  # of a hundred requests, hardly two name another host
def _is_ours(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
