"""Claims that did not come to their end by themselves: one that waits for the host, one that failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from pipeline.dead_letter import DeadLetter
from pipeline.envelope import Envelope, traceparent
from pipeline.settlement import DEAD
from schemas.codec import encode
from schemas.money import Money
from schemas.records import MatchedComment, Viewer
from stages.adapters.database.catalog import product_id
from stages.adapters.database.reviews import Reviews
from stages.adapters.frames import FrameStore
from stages.adapters.matcher import Match
from tests.e2e.shop import EMMA, Shop, identity

KENJI = "kenji_gear"
BEFORE_ANYTHING_IS_SHOWN = 0.0  # kenji only chats then: a buy matches nothing


async def unsure(shop: Shop) -> UUID:
    """A comment that the model was not sure of: perhaps the skateboard, perhaps the backpack."""
    fields = shop.fields("I'll take it!", EMMA, streamer=KENJI, at=BEFORE_ANYTHING_IS_SHOWN)
    await shop.post(fields)
    comment = identity(fields)
    assert (await shop.end_of(comment))["reason"] == "no match"
    store = FrameStore(shop.wiring.settings.frames_url)
    frames = await store.window(
        KENJI, shop.start + timedelta(seconds=20), shop.start + timedelta(seconds=30), 3
    )
    candidates = [Match("SKB-23", 0.64), Match("BPK-22", 0.31)]
    await Reviews(shop.wiring.database).ask(comment, candidates, [each.path for each in frames])
    return comment


async def failed_claim(shop: Shop, streamer: str, reason: str = "the shelf was locked") -> UUID:
    """A claim on the skateboard that `order` could not finish, among the dead letters; its cause is gone."""
    fields = shop.fields("nice board", EMMA, streamer=streamer)
    await shop.post(fields)
    comment = identity(fields)
    await shop.end_of(comment)
    [row] = await shop.rows("select seq from chat_messages where id = $1", comment)
    claim = MatchedComment(
        comment_id=comment,
        seq=row["seq"],
        streamer=streamer,
        viewer=Viewer(platform="tiktok", client=EMMA.client, client_id=EMMA.client_id, verified=True),
        timestamp=datetime.fromisoformat(fields["timestamp"]),
        quantity=1,
        product_id=product_id(streamer, "SKB-23"),
        product_name="Lightning Skateboard",
        score=0.9,
        price=Money(amount_minor=9800, currency="JPY"),
    )
    envelope = Envelope(
        str(comment), row["seq"], fields["timestamp"], traceparent(str(comment)), b"[]", encode(claim)
    )
    parts = [part.encode() if isinstance(part, str) else part for part in envelope.fields()]
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    letter = DeadLetter(
        "order", "order", 0, str(comment), "1-0", reason, "RuntimeError", "", 8, now_ms, now_ms,
        dict(zip(parts[::2], parts[1::2], strict=True)),
    )  # fmt: skip
    key = shop.wiring.keys.stream(DEAD, 0)
    await shop.wiring.redis.execute_command("XADD", key, "*", *letter.fields())
    return comment
