"""One pool of HTTP connections under a time limit, for the providers' SDKs to talk through."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from stages.adapters.provider_calls import Provider, announce, calling

NotSent = aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
"""What `HttpSession.request` raises when the request surely never went out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read to its end. Header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class LazySession:
    """aiohttp's session: made on first use, in the loop that uses it."""

    def __init__(self, make: Callable[[], aiohttp.ClientSession]) -> None:
        self._make = make
        self._session: aiohttp.ClientSession | None = None

    def __call__(self) -> aiohttp.ClientSession:
        """The session, which is made where there is none."""
        if self._session is None:
            self._session = self._make()
        return self._session

    async def close(self) -> None:
        """Closes the connections; whoever asks again gets a new session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


class HttpSession:
    """Opens on the first request, in the loop that makes it."""

    def __init__(
        self,
        provider: Provider,
        timeout_seconds: float,
        *,
        trust_env: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Its requests are counted as those to `provider`. `timeout_seconds` limits a request as a whole, of which the
        connection may take 5 seconds.

        `trust_env` heeds HTTPS_PROXY and its like.
        """
        self._provider = provider
        announce(provider)
        self._limits = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=min(5.0, timeout_seconds))
        self._trust_env = trust_env
        self._tls = tls
        self._session = LazySession(self._make)

    async def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """One request, whose redirects are not followed.

        Raises aiohttp.ClientError or TimeoutError; `NotSent` tells which of them mean that nothing happened.
        """
        with calling(self._provider) as call:
            async with self._session().request(
                method, URL(url, encoded=True), headers=headers, data=body, allow_redirects=False
            ) as response:
                answer = Answer(response.status, response.headers, await response.read())
            call.answered(answer.status)
        return answer

    async def close(self) -> None:
        """Closes the connections; the next request opens new ones."""
        await self._session.close()

    def _make(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=True if self._tls is None else self._tls)
        return aiohttp.ClientSession(connector=connector, timeout=self._limits, trust_env=self._trust_env)
