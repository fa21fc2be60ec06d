"""What is said in a room, in the pipeline's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from TikTokLive.events import CommentEvent, ImDeleteEvent, OecLiveShoppingEvent  # type: ignore[import-untyped]

from stages.connectors.incoming import Incoming, from_epoch, short_name, shortened
from stages.connectors.source import Event, Ignored

PLATFORM = "tiktok"
_MODERATOR = "moderator"  # TikTok does not tell who took a comment back
_HOST = "host"
_SECONDS = 10**11  # as milliseconds this would be in 1973, as seconds in the year 5138


class Room:
    """One live room of a streamer. `products` maps TikTok's product ids to skus; a product that it lacks is known by
    TikTok's id itself."""

    def __init__(
        self, streamer: str, room_id: int, products: Mapping[str, str], now: Callable[[], datetime]
    ) -> None:
        self._streamer, self._room_id, self._products, self._now = streamer, room_id, products, now
        self._pinned: str | None = None

    def events(self, event: Any) -> Iterator[Event]:
        """What one of the library's events means."""
        match event:
            case CommentEvent():
                yield self._comment(event)
            case ImDeleteEvent():
                yield from self._retractions(event)
            case OecLiveShoppingEvent():
                yield self._pin(event)
            case _:
                yield Ignored(type(event).__name__)

    def _comment(self, event: CommentEvent) -> Event:
        message, user, common = shortened(event.content), event.user, event.common
        if not message or not user or not common or not common.msg_id:
            return Ignored("comment without words or viewer")
        client = short_name(user.display_id) or short_name(user.nickname) or str(user.id)
        return self._incoming(
            common.msg_id, client, message, common.create_time, client_id=str(user.id) if user.id else None
        )

    def _retractions(self, event: ImDeleteEvent) -> Iterator[Event]:
        """Comments that were deleted. Which ones a deleted viewer wrote, TikTok does not say."""
        common = event.common
        for message_id in event.delete_msg_ids:
            yield self._incoming(
                message_id, _MODERATOR, "", common.create_time if common else 0, kind="retract"
            )
        if event.delete_user_ids:
            yield Ignored("viewer deleted")

    def _pin(self, event: OecLiveShoppingEvent) -> Event:
        """The product that the host shows. It is told again and again: only another one than before is a pin. That
        one is taken down is nowhere documented: a pin counts until the next, or until it is too old."""
        product, common = event.pop_product, event.common
        if not product or not product.product_id or not common or not common.msg_id:
            return Ignored("shopping without a product")
        sku = self._products.get(str(product.product_id), str(product.product_id))
        if sku == self._pinned:
            return Ignored("product pinned already")
        self._pinned = sku
        return self._incoming(common.msg_id, _HOST, short_name(sku), common.create_time, kind="pin")

    def _incoming(self, message_id: int, client: str, message: str, created: int, **given: Any) -> Incoming:
        return Incoming(
            streamer=self._streamer,
            platform=PLATFORM,
            # TikTok's message ids are unique within a room.
            message_id=f"{self._room_id}-{message_id}",
            client=client,
            message=message,
            timestamp=self._moment(created),
            **given,
        )

    def _moment(self, created: int) -> datetime:
        """TikTok's time, in seconds or milliseconds; ours, where it tells none."""
        return from_epoch(created * 1000 if abs(created) < _SECONDS else created) or self._now()
