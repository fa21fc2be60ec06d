"""One account at Stripe: its client, and the limits of each call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import stripe
from stripe import StripeClient

from stages.adapters.payment_errors import failure_of
from stages.adapters.payment_results import PaymentUnavailable
from stages.adapters.stripe_transport import StripeTransport


class StripeAccount:
    """The SDK's client, which never retries by itself: that is the pipeline's."""

    def __init__(self, key: str, url: str | None, timeout_seconds: float) -> None:
        """Connects on the first call. `url` is another server than Stripe's, such as the sandbox."""
        self._transport = StripeTransport(timeout_seconds, trust_env=url is None)
        self.client = StripeClient(
            key,
            base_addresses={"api": url} if url else {},
            max_network_retries=0,
            http_client=self._transport,
        )
        self._timeout_seconds = timeout_seconds

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Limits what is called inside; raises PaymentUnavailable and PaymentMisused in place of Stripe's errors."""
        # The transport limits each request; this limits a call of several.
        try:
            async with asyncio.timeout(self._timeout_seconds):
                yield
        except stripe.StripeError as error:
            raise failure_of(error) from error
        except TimeoutError as error:
            message = f"Stripe did not answer within {self._timeout_seconds:g} s; the call may have happened."
            raise PaymentUnavailable("timeout", message) from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.close_async()
