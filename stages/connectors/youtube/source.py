"""The live chat of one video."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

import structlog

from stages.connectors.incoming import Incoming
from stages.connectors.source import Checkpoint, Connected, Event
from stages.connectors.youtube.api import YouTubeApi
from stages.connectors.youtube.failures import ChatEnded, StalePageToken, StreamUnsupported
from stages.connectors.youtube.messages import PLATFORM, read_message
from stages.connectors.youtube.pages import Page
from stages.connectors.youtube.quota import Pace
from stages.connectors.youtube.recent import Recent

# A stream ends every few seconds, and the next one goes on where it ended: there is nothing to wait for.
_NEXT_STREAM_SECONDS = 0.25
# So many streams in a row without a single page: what lies between lets none through.
_DEAD_STREAMS = 3

_log = structlog.get_logger()


class YouTubeSource:
    """Streams messages where YouTube (and whatever lies between) can, else asks for them, no more often than YouTube
    wants. At the first connect ever, it begins with the recent history that YouTube sends; afterwards where it was,
    by YouTube's page tokens, which are the checkpoints."""

    platform = PLATFORM

    def __init__(self, api: YouTubeApi, streamer: str, video: str, pace: Pace) -> None:
        self.streamer = streamer
        self._api, self._video, self._pace = api, video, pace
        self._chat: str | None = None
        self._streams, self._silent_streams = True, 0
        self._recent = Recent()
        self._pause: float | None = 0.0  # YouTube wants before the next page is asked for

    async def events(self, since: Checkpoint | None) -> AsyncGenerator[Event, None]:
        """See `source.Source`."""
        chat = self._chat = self._chat or await self._api.chat_of(self._video)
        token = _token_in(since, chat)
        yield Connected()
        while True:
            try:
                async with aclosing(self._pages(chat, token)) as pages:
                    async for page in pages:
                        for event in self._events_of(page):
                            yield event
                        if page.token and page.token != token:
                            token = page.token
                            yield Checkpoint(f"{chat} {token}")
            except StalePageToken as error:
                _log.warning("youtube knows the page no more, and sends the recent messages", said=str(error))
                token = None
            except ChatEnded as error:
                _log.info("the chat has ended", video=self._video, said=str(error))
                return

    def _events_of(self, page: Page) -> Iterator[Event]:
        for item in page.items:
            event = read_message(item, self.streamer)
            if isinstance(event, Incoming) and event.kind == "comment":
                self._recent.add(event)
            yield event
            yield from self._recent.taken_back_by(item)

    async def _pages(self, chat: str, token: str | None) -> AsyncGenerator[Page, None]:
        """The pages of one stream, or one page that was asked for."""
        if self._streams:
            try:
                async with aclosing(self._streamed(chat, token)) as pages:
                    async for page in pages:
                        yield page
                return
            except StreamUnsupported as error:
                _log.warning("youtube's messages are asked for, they can't be streamed here", said=str(error))
                self._streams = False
        await self._pace.call(self._pause)
        page = await self._api.page(chat, token)
        self._pause = page.pause_seconds
        yield page

    async def _streamed(self, chat: str, token: str | None) -> AsyncGenerator[Page, None]:
        await self._pace.call(_NEXT_STREAM_SECONDS)
        silent = True
        async with aclosing(self._api.pages(chat, token)) as pages:
            async for page in pages:
                silent = False
                yield page
        self._silent_streams = self._silent_streams + 1 if silent else 0
        if self._silent_streams >= _DEAD_STREAMS:
            raise StreamUnsupported(f"{_DEAD_STREAMS} streams ended without a page.")


def _token_in(since: Checkpoint | None, chat: str) -> str | None:
    """The page token of a checkpoint, if it is of this chat."""
    of, _, token = since.token.partition(" ") if since else ("", "", "")
    return token if token and of == chat else None
