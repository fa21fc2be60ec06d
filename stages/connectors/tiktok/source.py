"""The comments under a TikTok LIVE."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime
from typing import Any

import httpx
from TikTokLive.client.errors import (  # type: ignore[import-untyped]
    AgeRestrictedError,
    SignAPIError,
    UserNotFoundError,
    UserOfflineError,
)

from stages.connectors.away import Away, Refused
from stages.connectors.source import Checkpoint, Connected, Event
from stages.connectors.tiktok.client import RoomClient
from stages.connectors.tiktok.room import PLATFORM, Room

OFFLINE_SECONDS = 30.0
SILENCE_SECONDS = 120.0
_LONGEST_WAIT_SECONDS = 3600.0


class TikTokSource:
    """Waits until `username` is live, and reads until the live ends; then for the next one, unless `once`.

    At each connect TikTok repeats up to six comments. What is said while the connection is lost is lost beyond them:
    TikTok gives no other history. A connection on which nothing comes for two minutes counts as lost, since TikTok
    answers no ping, and tells of viewers every few seconds.
    """

    platform = PLATFORM

    def __init__(
        self,
        username: str,
        streamer: str,
        *,
        client: Callable[[], RoomClient],
        products: Mapping[str, str],
        now: Callable[[], datetime],
        once: bool = False,
    ) -> None:
        self._username, self._streamer, self._client = username, streamer, client
        self._products, self._now, self._once = products, now, once

    @property
    def streamer(self) -> str:
        """As Source.streamer."""
        return self._streamer

    async def events(self, since: Checkpoint | None) -> AsyncGenerator[Event, None]:
        """As Source.events; there are no checkpoints."""
        client = self._client()
        try:
            room = Room(self._streamer, await self._opened(client), self._products, self._now)
            yield Connected()
            while (said := await self._next(client)) is not None:
                for event in room.events(said):
                    yield event
            if client.ended_live and self._once:
                return
            raise self._over(client)
        finally:
            await client.leave()

    async def _opened(self, client: RoomClient) -> int:
        try:
            return await client.open()
        except UserOfflineError as error:
            raise Away(f"@{self._username} is not live on TikTok.", after=OFFLINE_SECONDS) from error
        except UserNotFoundError as error:
            raise Refused(
                f"TikTok knows no live account @{self._username}, or shows it to nobody from this address: see that it "
                "is the name in https://www.tiktok.com/@NAME/live."
            ) from error
        except AgeRestrictedError as error:
            raise Refused(
                f"The LIVE of @{self._username} is for adults: TikTok shows it to nobody unknown."
            ) from error
        except SignAPIError as error:
            raise _unsigned(error) from error
        except Exception as error:
            # Whatever TikTok changes on its pages, the library stumbles over with errors of every kind.
            raise Away(f"TikTok can't be connected to: {_in_words(error)}") from error

    async def _next(self, client: RoomClient) -> Any:
        try:
            return await asyncio.wait_for(client.heard.get(), SILENCE_SECONDS)
        except TimeoutError as error:
            raise Away(f"TikTok was silent for {SILENCE_SECONDS:g} s.") from error

    def _over(self, client: RoomClient) -> Away:
        if client.ended_live:
            return Away(f"The LIVE of @{self._username} is over.", after=OFFLINE_SECONDS)
        failure = client.failure()
        return Away(f"TikTok closed the connection{f': {_in_words(failure)}' if failure else '.'}")


def _unsigned(error: SignAPIError) -> Exception:
    """Every connection is signed by a server of the library's makers, which bounds how many."""
    response: httpx.Response | None = error.response
    if response is not None and response.status_code in (401, 403):
        return Refused(f"The sign server refuses: {_in_words(error)} See TIKTOK_SIGN_KEY.")
    return Away(f"The sign server does not sign: {_in_words(error)}", after=_seconds(response))


def _seconds(response: httpx.Response | None) -> float | None:
    """When it will sign again, as far as it says: a time (epoch seconds)."""
    reset = response.headers.get("RateLimit-Reset", "") if response is not None else ""
    if not reset.isdigit():
        return None
    return min(max(int(reset) - time.time(), 0.0), _LONGEST_WAIT_SECONDS)


def _in_words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
