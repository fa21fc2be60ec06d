"""Sends events to the shop's own systems, signed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
from collections.abc import Callable
from datetime import datetime

import aiohttp
from yarl import URL

from stages.adapters.database.webhook_endpoints import TakenDelivery
from stages.adapters.http_session import LazySession
from stages.adapters.provider_calls import announce, calling
from stages.adapters.public_addresses import PrivateAddress, is_public, public_socket
from stages.mendable import Mendable

SIGNATURE = "TikTokSales-Signature"
_LONGEST_URL = 2048


class UnusableUrl(Mendable):
    """Nothing can be sent to this URL; the message says why."""


class NotDelivered(Exception):
    """The endpoint did not take the event; the message says what it did."""


class WebhookSender:
    """Posts events. Redirects are not followed, no proxy is heeded, and unless `allow_private`, no private address is
    connected to, whatever the endpoint's name resolves to in that moment."""

    def __init__(
        self, now: Callable[[], datetime], *, timeout_seconds: float, allow_private: bool = False
    ) -> None:
        self._now, self._allow_private = now, allow_private
        self._limits = aiohttp.ClientTimeout(total=timeout_seconds)
        self._session = LazySession(self._make)
        announce("webhook")

    async def send(self, delivery: TakenDelivery) -> None:
        """Returns once the endpoint has answered 2xx. Raises NotDelivered."""
        at = int(self._now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "TikTokSales",
            "TikTokSales-Event": delivery.event,
            "TikTokSales-Event-Id": str(delivery.event_id),
            SIGNATURE: signature(delivery.secret, at, delivery.body),
        }
        try:
            check_url(delivery.url, allow_private=self._allow_private)
            with calling("webhook") as call:
                async with self._session().post(
                    URL(delivery.url), data=delivery.body, headers=headers, allow_redirects=False
                ) as answer:
                    status = answer.status
                call.answered(status)
        except TimeoutError as error:
            raise NotDelivered(f"no answer within {self._limits.total:g} seconds") from error
        except (aiohttp.ClientError, OSError, ValueError, UnusableUrl) as error:
            raise NotDelivered(str(error) or type(error).__name__) from error
        if not 200 <= status < 300:
            raise NotDelivered(f"answered {status}")

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _make(self) -> aiohttp.ClientSession:
        # A connection that is kept open was checked when it was made. Names are resolved anew for each.
        connector = aiohttp.TCPConnector(
            use_dns_cache=False, socket_factory=None if self._allow_private else public_socket
        )
        return aiohttp.ClientSession(
            connector=connector, timeout=self._limits, cookie_jar=aiohttp.DummyCookieJar()
        )


def signature(secret: str, at: int, body: bytes) -> str:
    """The signature's header: `t=EPOCH_SECONDS,v1=HEX`, where HEX is HMAC-SHA256 of "EPOCH_SECONDS." and the body."""
    mac = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def check_url(text: str, *, allow_private: bool) -> URL:
    """The URL, if events may be sent there as far as can be seen without resolving its name. Raises UnusableUrl."""
    try:
        url = URL(text)
        host, port = url.host, url.port
    except ValueError as error:
        raise UnusableUrl(f"{text!r} is no URL: {error}.") from error
    if len(text) > _LONGEST_URL or not host or port is None or url.scheme not in ("http", "https"):
        raise UnusableUrl(f"{text!r} is no URL that events can be sent to: write https://host/path.")
    if url.user or url.password or url.fragment:
        raise UnusableUrl(
            "The URL must have no user, password or fragment: deliveries are signed, check that."
        )
    if url.scheme != "https" and not allow_private:
        raise UnusableUrl("Events are sent over https only: begin the URL with https://.")
    if not allow_private and (":" in host or host.replace(".", "").isdigit()) and not is_public(host):
        raise UnusableUrl(f"{PrivateAddress(host)}.")
    return url


async def check_address(url: URL, *, allow_private: bool) -> None:
    """Whether the URL's name leads to public addresses only, at this moment. Raises UnusableUrl."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(str(url.host), url.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UnusableUrl(f"{url.host} can't be found: {error.strerror or error}.") from error
    for *_, address in found:
        if not allow_private and not is_public(str(address[0])):
            raise UnusableUrl(f"{url.host} leads nowhere public: {PrivateAddress(str(address[0]))}.")
