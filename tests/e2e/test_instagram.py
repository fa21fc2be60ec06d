"""Instagram tells of a show while the gateway is killed and started again: each comment comes in once."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from uuid import uuid4

import httpx
import pytest

from pipeline.stage import PUBLIC_STREAM
from tests.e2e.instagram import notification
from tests.e2e.shop import MAYA, Shop, until

pytestmark = pytest.mark.timeout(300)

NOTIFICATIONS, COMMENTS_EACH = 60, 3


class Show:
    """What Instagram has to tell, and what of it came in."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.name, self.killed = shop, uuid4().hex[:12], asyncio.Event()
        self.notifications = [
            {
                f"{self.name}.{number}.{place}": f"how lovely 💕 {number} {place}"
                for place in range(COMMENTS_EACH)
            }
            for number in range(NOTIFICATIONS)
        ]
        self.comments = Counter(comment for each in self.notifications for comment in each)

    async def tell(self) -> None:
        """As Meta does: each again and again until it is answered 200. The last third waits for the crash."""
        for number, comments in enumerate(self.notifications):
            if number == NOTIFICATIONS * 2 // 3:
                await self.killed.wait()
            await until(partial(self._taken, comments), "the gateway takes what Instagram tells")

    async def _taken(self, comments: dict[str, str]) -> bool:
        body, headers = notification(comments)
        url = f"{self.shop.house.gateway_url}/webhooks/instagram"
        try:
            answer = await self.shop.http.post(url, content=body, headers=headers)
        except httpx.TransportError:
            return False
        assert answer.status_code in (200, 503), answer.text
        return answer.status_code == 200

    async def stored(self) -> Counter[str]:
        """How often each is in the database."""
        query = "select message_id from chat_messages where streamer = $1 and message_id like $2"
        return Counter(row["message_id"] for row in await self.shop.rows(query, MAYA, f"{self.name}.%"))

    async def appended(self) -> Counter[str]:
        """How often each is in the public stream."""
        mine = f"{self.name}.".encode()
        ids = [fields.get(b"message_id", b"") for _, fields in await self.shop.entries(PUBLIC_STREAM)]
        return Counter(each.decode() for each in ids if each.startswith(mine))


async def test_a_gateway_that_is_killed_while_instagram_tells_loses_and_doubles_nothing(shop: Shop) -> None:
    show = Show(shop)

    async def under_way() -> bool:
        return len(await show.stored()) > len(show.comments) / 3

    async def everything() -> bool:
        return len(await show.stored()) == len(show.comments)

    telling = asyncio.create_task(show.tell())
    await until(under_way, "a third of the comments are in the database")
    shop.house.kill_process("gateway")
    show.killed.set()
    assert not telling.done()
    shop.house.start_process("gateway")
    await telling
    await until(everything, "all comments are in the database")
    assert await show.stored() == show.comments
    assert await show.appended() == show.comments
