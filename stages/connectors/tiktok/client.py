"""A connection to a live room."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

import httpx
from TikTokLive import TikTokLiveClient  # type: ignore[import-untyped]
from TikTokLive.client.web.web_settings import WebDefaults  # type: ignore[import-untyped]
from TikTokLive.client.ws.ws_client import WebcastWSClient  # type: ignore[import-untyped]
from TikTokLive.events import CustomEvent, LiveEndEvent, UnknownEvent  # type: ignore[import-untyped]

_HEARD_LIMIT = 100_000
_CLOSE_SECONDS = 2.0
_TIMEOUT_SECONDS = 20.0
_SIGN_URL = "https://api.eulerstream.com"
# The library tells of TikTok's events, and of some of them once more by names of its own.
_ITS_OWN = frozenset(get_args(CustomEvent)) - {UnknownEvent}


class Overheard(Exception):
    """More was said than could be pushed on."""


class _PushSocket(WebcastWSClient):  # type: ignore[misc]
    """Reads to its end what had come when a connection is cut; by itself, the library throws that away."""

    @property
    def connected(self) -> bool:
        """Whether there may be more to read."""
        return self.ws is not None

    async def send(self, message: Any) -> None:
        """Send, where somebody still listens."""
        if self.ws is not None and self.ws.open:
            await super().send(message)


class RoomClient(TikTokLiveClient):  # type: ignore[misc]
    """One connection, made once. `heard` are the library's events, in their order; None when it has ended."""

    def __init__(self, username: str, sign_key: str, stand_in: str = "") -> None:
        """`stand_in` is the address of a server that plays TikTok and the sign server."""
        if stand_in:
            WebDefaults.tiktok_app_url, WebDefaults.tiktok_webcast_url = stand_in, f"{stand_in}/webcast"
        signer = {"sign_api_key": sign_key or None, "sign_api_base": stand_in or _SIGN_URL}
        super().__init__(username, web_kwargs={"signer_kwargs": signer})
        self._ws = _PushSocket(ws_kwargs={"close_timeout": _CLOSE_SECONDS})
        # The library does not look at the sign server's certificate, and sends it the key; this does.
        self._sign_http = httpx.AsyncClient(
            base_url=stand_in or _SIGN_URL,
            headers={"X-Api-Key": sign_key} if sign_key else {},
            timeout=_TIMEOUT_SECONDS,
        )
        self.web.signer.sdk_client.set_async_httpx_client(self._sign_http)
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.ended_live = False
        self._listening: asyncio.Task[None] | None = None

    async def open(self) -> int:
        """Connect. Returns the room's id. Raises whatever the library raises."""
        self._listening = await self.start()
        self._listening.add_done_callback(lambda _: self.heard.put_nowait(None))
        return int(self.room_id)

    def emit(self, event: str, *args: Any, **kwargs: Any) -> bool:
        """Called by the library with each event."""
        [said] = args
        if isinstance(said, LiveEndEvent):
            self.ended_live = True
        if type(said) in _ITS_OWN:
            return False
        if self.heard.qsize() >= _HEARD_LIMIT:
            raise Overheard(f"More than {_HEARD_LIMIT} events of TikTok wait to be pushed on.")
        self.heard.put_nowait(said)
        return True

    def failure(self) -> BaseException | None:
        """What the connection ended with."""
        listening = self._listening
        done = listening is not None and listening.done() and not listening.cancelled()
        return listening.exception() if listening and done else None

    async def leave(self) -> None:
        """Let go of everything."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            await asyncio.wait({listening})
        await self.web.close()
        await self._sign_http.aclose()
