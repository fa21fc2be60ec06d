"""What is sent: the same comments for every contestant."""

from __future__ import annotations

from collections.abc import Iterator

HOPS = ("ingest", "intent", "vision", "order", "payment", "notify")
_WORDS = ("I want this!", "how much is it?", "love the colour, size M please", "take my money", "first!!")
_FIRST_MS = 1_767_268_800_000


def comments(count: int) -> Iterator[dict[str, str]]:
    """`count` comments as they stand in the public stream."""
    for number in range(count):
        yield {
            "streamer": "maya.closet",
            "client": f"viewer_{number % 977}",
            "message": f"{_WORDS[number % len(_WORDS)]} #{number}",
            "timestamp": str(_FIRST_MS + number),
            "platform": "tiktok",
            "message_id": f"{7_300_000_000_000_000_000 + number}",
        }
