"""Which addresses on the internet may be talked to on somebody else's word: none that lead into a private network."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import Any

# Looks public, and answers inside a cloud only. Source: learn.microsoft.com, "What is IP address 168.63.129.16?"
_INSIDE = frozenset({ipaddress.ip_address("168.63.129.16")})
# Addresses of the old internet inside those of the new: RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4291 (compatible).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


class PrivateAddress(OSError):
    """The address lies in a private network, or is none."""

    def __init__(self, address: str) -> None:
        said = f"{address} is no public address, and WEBHOOK_ALLOW_PRIVATE is not set"
        super().__init__(errno.EACCES, said)

    def __str__(self) -> str:
        return str(self.strerror)


def is_public(address: str) -> bool:
    """Whether everybody on the internet reaches the same machine by it. What is no plain address ("127.1",
    "2130706433") is not public."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed in _NAT64_LOCAL:
            return False
        inner = _embedded(parsed)
        if inner is not None:
            return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved and parsed not in _INSIDE


def public_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for an address that was just resolved, which it is then connected to: what is checked is what is used,
    whatever the name leads to a moment later. Raises PrivateAddress."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PrivateAddress(str(address[0]))
    return socket.socket(family, kind, protocol)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
