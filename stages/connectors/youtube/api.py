"""YouTube's API, as far as a live chat needs it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self

import aiohttp

from stages.connectors.away import Away, Refused
from stages.connectors.youtube.failures import StreamUnsupported, failure_of
from stages.connectors.youtube.pages import Page, Pages, page_of

YOUTUBE = "https://youtube.googleapis.com"
CALL_UNITS = 5
"""What one call of `page` or `pages` costs of the day's quota; looking up a video costs 1."""

_ANSWER_SECONDS = 20.0
# A stream that says nothing for so long is dead: YouTube ends each by itself after some ten seconds.
_SILENCE_SECONDS = 90.0
# Answers of a server that does not know the method.
_UNKNOWN_METHOD = frozenset({400, 404, 405, 501})
_PART = "id,snippet,authorDetails"


class YouTubeApi:
    """A context manager that holds the connections. Each call raises what `failure_of` gives; Away also where
    no answer comes. The key goes into a header, so that no log of addresses
    holds it; redirects are not followed, lest they take it elsewhere."""

    def __init__(self, key: str, base_url: str = YOUTUBE) -> None:
        self._trust_env = base_url == YOUTUBE  # a stand-in is reached directly
        self._base = f"{base_url.rstrip('/')}/youtube/v3"
        self._headers = {"X-Goog-Api-Key": key, "Accept": "application/json"}

    async def __aenter__(self) -> Self:
        limits = aiohttp.ClientTimeout(total=None, sock_connect=_ANSWER_SECONDS, sock_read=_SILENCE_SECONDS)
        self._session = aiohttp.ClientSession(
            timeout=limits, headers=self._headers, trust_env=self._trust_env
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def chat_of(self, video: str) -> str:
        """The id of the video's live chat. Raises Refused where it has none, or none any more."""
        body = await self._get("videos", {"part": "liveStreamingDetails", "id": video})
        chat = _chat_in(body)
        if chat is None:
            raise Refused(
                f"The video {video} has no live chat now: see that its id is right, and that it is live or about to be."
            )
        return chat

    async def page(self, chat: str, token: str | None) -> Page:
        """The messages after a page token, or the recent ones (liveChatMessages.list)."""
        return page_of(await self._get("liveChat/messages", _asking(chat, token)))

    async def pages(self, chat: str, token: str | None) -> AsyncGenerator[Page, None]:
        """Messages as they come in, until YouTube ends the stream or says nothing more (liveChatMessages.streamList):
        go on with the last page's token. Raises StreamUnsupported."""
        pages = Pages()
        try:
            async with self._session.get(
                f"{self._base}/liveChat/messages/stream", params=_asking(chat, token), allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    raise await _refusal_of_stream(answer)
                async for received in answer.content.iter_any():
                    for page in pages.take(received):
                        yield page_of(page)
        except aiohttp.SocketTimeoutError:
            return
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Away(f"YouTube's stream broke off: {error or type(error).__name__}") from error

    async def _get(self, what: str, asking: dict[str, str]) -> bytes:
        limits = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        try:
            async with self._session.get(
                f"{self._base}/{what}", params=asking, timeout=limits, allow_redirects=False
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Away(f"YouTube doesn't answer: {error or type(error).__name__}") from error
        if answer.status != 200:
            raise failure_of(answer.status, body)
        return body


def _asking(chat: str, token: str | None) -> dict[str, str]:
    return {
        "liveChatId": chat,
        "part": _PART,
        "maxResults": "2000",
        **({"pageToken": token} if token else {}),
    }


async def _refusal_of_stream(answer: aiohttp.ClientResponse) -> Exception:
    failure = failure_of(answer.status, await answer.read())
    if isinstance(failure, Refused) and answer.status in _UNKNOWN_METHOD:
        return StreamUnsupported(str(failure))
    return failure


def _chat_in(body: bytes) -> str | None:
    for video in page_of(body).items:
        details = video.get("liveStreamingDetails")
        chat = details.get("activeLiveChatId") if isinstance(details, dict) else None
        if isinstance(chat, str) and chat:
            return chat
    return None
