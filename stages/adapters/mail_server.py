"""Which mail server takes our e-mails, and how safe the way there must be."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from stages.mendable import Mendable

_PORTS = {"smtp": 587, "smtps": 465}


class UnusableMailServer(Mendable):
    """SMTP_URL names no mail server; the message says why."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Names and passwords go over TLS: from the first byte (`smtps`), or by STARTTLS, without which nothing is sent to
    another machine. `tls` is None for the certificates that this machine trusts."""

    host: str
    port: int
    implicit_tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None

    @classmethod
    def from_url(cls, url: str, tls: ssl.SSLContext | None = None) -> Self:
        """`smtp://user:password@host:587` or `smtps://user:password@host:465`; what is special in them is
        percent-encoded. Raises UnusableMailServer."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError as error:
            raise UnusableMailServer(f"SMTP_URL: {error}.") from error
        if parts.scheme not in _PORTS or not parts.hostname:
            raise UnusableMailServer("SMTP_URL must look like smtp://user:password@host:587 or smtps://...")
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            implicit_tls=parts.scheme == "smtps",
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=tls,
        )

    @property
    def needs_starttls(self) -> bool:
        """Whether the connection begins in the clear and may not stay so."""
        return not self.implicit_tls and not _is_this_machine(self.host)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
