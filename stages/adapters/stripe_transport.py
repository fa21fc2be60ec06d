"""The Stripe SDK's HTTP on our own session.

The SDK's httpx client takes five times the processor time per call and warns about its own use of httpx; its
aiohttp client lets errors through that happen while an answer is read. The SDK takes any client of this class.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import aiohttp
import stripe

from stages.adapters.http_session import HttpSession


class StripeTransport(stripe.HTTPClient):
    """What `StripeClient(http_client=...)` asks for, for its `*_async` methods only."""

    name = "aiohttp"

    def __init__(self, timeout_seconds: float, *, trust_env: bool) -> None:
        super().__init__()
        tls = ssl.create_default_context(cafile=stripe.ca_bundle_path)
        self._session = HttpSession("stripe", timeout_seconds, trust_env=trust_env, tls=tls)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | bytes | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One request and its whole answer; raises stripe.APIConnectionError."""
        body = post_data.encode() if isinstance(post_data, str) else post_data
        try:
            answer = await self._session.request(method, url, headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            message = f"The connection to Stripe failed: {type(error).__name__}: {error}"
            raise stripe.APIConnectionError(message) from error  # type: ignore[no-untyped-call]
        return answer.body, answer.status, answer.headers

    async def close_async(self) -> None:
        """Closes the connections."""
        await self._session.close()
