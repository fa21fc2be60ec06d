"""A server that replays a recorded live chat as YouTube's API does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web

from tests.contract.recorded import recording
from tests.contract.web_server import listening

KEY = "a key of YouTube's"
_CHUNK = 777  # bytes: no page comes in one piece


class YouTube:
    """What is published of the recording, and how the API behaves. A page token is the number of messages before it."""

    def __init__(self) -> None:
        self.recording = recording("youtube")
        self.video: str = self.recording["video"]
        self.chat: str = self.recording["liveChatId"]
        self.items: Sequence[dict[str, Any]] = self.recording["items"]
        self.url = ""
        self.published = 0
        self.ended = False
        self.streams = True
        self.mute = False  # streams end without a page
        self.stream_seconds = 0.2  # YouTube's own last some ten
        self.history = 1_000
        self.pause_millis: int | None = 50
        self.stale_tokens: set[str] = set()
        self.failures: list[tuple[int, str]] = []  # of the next calls: status and reason
        self.cuts: list[
            int
        ] = []  # so many bytes of the next streams come through before the connection breaks
        self.calls: list[tuple[str, str | None]] = []  # what was asked for, after which page token
        self._news = asyncio.Condition()

    @property
    def everything(self) -> int:
        """How many messages there are."""
        return len(self.items)

    async def publish(self, upto: int) -> None:
        """Show the first so many messages."""
        async with self._news:
            self.published = upto
            self._news.notify_all()

    async def end(self) -> None:
        """The show is over."""
        async with self._news:
            self.ended = True
            self._news.notify_all()

    async def asked(self, what: str, times: int = 1) -> None:
        """Return once it was asked for so often."""
        async with asyncio.timeout(30), self._news:
            await self._news.wait_for(lambda: [each for each, _ in self.calls].count(what) >= times)

    async def videos(self, request: web.Request) -> web.Response:
        """videos.list"""
        if refusal := await self._refusal(request, "videos"):
            return refusal
        live = {"liveStreamingDetails": {"activeLiveChatId": self.chat, "concurrentViewers": "12"}}
        found = (
            [{"kind": "youtube#video", "id": self.video, **live}] if request.query["id"] == self.video else []
        )
        return web.json_response({"kind": "youtube#videoListResponse", "items": found})

    async def messages(self, request: web.Request) -> web.Response:
        """liveChatMessages.list"""
        if refusal := await self._refusal(request, "list"):
            return refusal
        return web.json_response(self._page(self._begin(request)))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """liveChatMessages.streamList: a JSON list of pages, the last of which is empty."""
        if not self.streams:
            self.calls.append(("stream", request.query.get("pageToken")))
            return web.Response(status=404, text="<html>Not Found</html>")
        if refusal := await self._refusal(request, "stream"):
            return refusal
        if self.mute:
            return web.json_response([])
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        with suppress(ConnectionResetError):  # the other side has gone
            await self._write(request, answer, self.cuts.pop(0) if self.cuts else None)
        return answer

    async def _write(self, request: web.Request, answer: web.StreamResponse, left: int | None) -> None:
        async for part in self._parts(self._begin(request)):
            for start in range(0, len(part), _CHUNK):
                piece = part[start : start + _CHUNK][:left]
                await answer.write(piece)
                await asyncio.sleep(0)
                if left is not None and (left := left - len(piece)) <= 0:
                    assert request.transport is not None
                    request.transport.abort()
                    return

    async def _parts(self, begin: int) -> AsyncIterator[bytes]:
        deadline = asyncio.get_running_loop().time() + self.stream_seconds
        yield b"["
        separator = b""
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            if begin < self.published:
                page = self._page(begin)
                begin = int(page["nextPageToken"])
                yield separator + json.dumps(page, indent=2).encode()
                separator = b",\n"
            elif self.ended:
                break
            else:
                await self._wait_for_news(begin, left)
        yield separator + json.dumps(self._page(begin, 0)).encode() + b"\n]"

    async def _wait_for_news(self, begin: int, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self.ended or begin < self.published)
        except TimeoutError:
            return

    def _begin(self, request: web.Request) -> int:
        token = request.query.get("pageToken")
        return int(token) if token else max(0, self.published - self.history)

    def _page(self, begin: int, most: int = 10) -> dict[str, Any]:
        items = self.items[begin : min(begin + most, self.published)]
        pause = {} if self.pause_millis is None else {"pollingIntervalMillis": self.pause_millis}
        return {
            "kind": "youtube#liveChatMessageListResponse",
            "etag": "e",
            **pause,
            "pageInfo": {"totalResults": len(items), "resultsPerPage": len(items)},
            "nextPageToken": str(begin + len(items)),
            "items": items,
        }

    async def _refusal(self, request: web.Request, what: str) -> web.Response | None:
        token = request.query.get("pageToken")
        async with self._news:
            self.calls.append((what, token))
            self._news.notify_all()
        if "key" in request.query or request.headers.get("X-Goog-Api-Key") != KEY:
            return refused(400, "badRequest", "API key not valid. Please pass a valid API key.")
        if self.failures:
            return refused(*self.failures.pop(0))
        if what != "videos" and token in self.stale_tokens:
            return refused(400, "pageTokenInvalid")
        if what != "videos" and self.ended and int(token or 0) >= self.published:
            return refused(403, "liveChatEnded")
        return None


def refused(status: int, reason: str, message: str = "Something is the matter.") -> web.Response:
    """An error as Google's APIs tell it."""
    error = {
        "code": status,
        "message": message,
        "errors": [{"message": message, "domain": "youtube.liveChat", "reason": reason}],
    }
    return web.json_response({"error": error}, status=status)


@asynccontextmanager
async def youtube_stand_in() -> AsyncIterator[YouTube]:
    """The server, listening."""
    youtube = YouTube()
    app = web.Application()
    app.router.add_get("/youtube/v3/videos", youtube.videos)
    app.router.add_get("/youtube/v3/liveChat/messages", youtube.messages)
    app.router.add_get("/youtube/v3/liveChat/messages/stream", youtube.stream)
    async with listening(app, shutdown_seconds=1) as youtube.url:
        yield youtube
