"""Tells the shop what happened: webhooks and status callbacks, signed, again until they are taken."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import sqlite3
import time
from urllib.parse import parse_qsl

import aiohttp
from yarl import URL

from stages.sandbox.clock import SandboxClock
from stages.sandbox.store import Store

_TIMEOUT_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 60.0

_KEPT_SECONDS = 4.0  # below what servers keep an idle connection for: nobody writes into one that is closing

_BROKEN = (aiohttp.ClientError, TimeoutError, OSError, ValueError)
"""What a delivery may end in: ValueError is that of an URL that is none."""

_log = logging.getLogger(__name__)


class Courier:
    """Delivers what is due, oldest first; what was not taken with a 2xx is due again after a pause."""

    def __init__(self, store: Store, clock: SandboxClock, retry_seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._retry_seconds = retry_seconds
        self._more = asyncio.Event()

    def wake(self) -> None:
        """There is something new to deliver."""
        self._more.set()

    async def run(self) -> None:
        """Delivers until cancelled."""
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=_KEPT_SECONDS),
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            while True:
                self._more.clear()
                due = self._store.many("select_due_deliveries", {"now": self._clock.now()})
                await asyncio.gather(*(self._deliver(session, row) for row in due))
                if not due:
                    row = self._store.one("next_delivery", {})
                    await self._clock.rest_until(row[0] if row else None, self._more)

    async def _deliver(self, session: aiohttp.ClientSession, row: sqlite3.Row) -> None:
        body = bytes(row["body"])
        signature = _SIGNATURES[row["scheme"]](row["url"], row["secret"], body)
        try:
            url = URL(row["url"], encoded=True)
            async with session.post(url, data=body, headers=signature, allow_redirects=False) as response:
                await response.read()
                taken, answer = 200 <= response.status < 300, str(response.status)
        except _BROKEN as error:
            taken, answer = False, repr(error)
        attempts = row["attempts"] + 1
        gives_up = attempts >= row["attempts_limit"]
        if not taken:
            _log.info("%s answered %s to attempt %d", row["url"], answer, attempts)
        pause = min(self._retry_seconds * 2 ** (attempts - 1), _LONGEST_PAUSE_SECONDS)
        due_at = None if taken or gives_up else self._clock.now() + pause
        settled = {"id": row["id"], "attempts": attempts, "answer": answer, "due_at": due_at}
        self._store.run("settle_delivery", settled)


def _stripe_signature(url: str, secret: str, body: bytes) -> dict[str, str]:
    # By the wall clock, which the receiver checks against, whatever the sandbox's own clock says.
    moment = int(time.time())
    digest = hmac.new(secret.encode(), b"%d.%s" % (moment, body), hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": f"t={moment},v1={digest}",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }


def _twilio_signature(url: str, secret: str, body: bytes) -> dict[str, str]:
    # The URL, then every form field's name and value in the order of the names: SHA-1, base64.
    fields = sorted(parse_qsl(body.decode(), keep_blank_values=True))
    signed = url + "".join(name + value for name, value in fields)
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()
    return {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "User-Agent": "TwilioProxy/1.1",
    }


_SIGNATURES = {"stripe": _stripe_signature, "twilio": _twilio_signature}
