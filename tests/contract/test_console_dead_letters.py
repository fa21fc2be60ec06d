"""Dead letters on the page: whose they are, what is shown of them, and what a click does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from pipeline.dead_letter import DeadLetter
from pipeline.engines.redis.newest_dead_letters import NewestDeadLetters
from pipeline.settlement import Fields
from stages.console.backstage import Backstage
from stages.console.letter_desk import LetterDesk
from stages.console.notice import Notice
from stages.console.views.dead_letters import Letter, dead_letters_view
from stages.wiring import utc_now
from tests.contract.kept_shop import KeptShop, kept_shop
from tests.contract.letters import letter, raw, tombstone

GONE = Notice("This dead letter is gone: somebody else sent it back or deleted it.", is_refusal=True)


@dataclass(frozen=True, slots=True)
class Box:
    """A shop with dead letters, and its console."""

    shop: KeptShop
    backstage: Backstage
    desk: LetterDesk

    @property
    def mine(self) -> str:
        """The shop's streamer."""
        return self.shop.streamer

    async def lay(self, dead: DeadLetter | Fields) -> str:
        """A dead letter; returns its id."""
        fields = dead.fields() if isinstance(dead, DeadLetter) else dead
        entry_id: bytes = await self.shop.wiring.redis.execute_command("XADD", "dead:{0}", "*", *fields)
        return entry_id.decode()

    async def shown(self, *, is_operator: bool = False) -> tuple[Letter, ...]:
        """What stands on the streamer's page."""
        view = await dead_letters_view(replace(self.backstage, is_operator=is_operator), self.mine)
        return view.letters

    async def in_stream(self, key: str) -> int:
        """How many entries a stream has."""
        return int(await self.shop.wiring.redis.xlen(key))


@pytest.fixture
async def box(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[Box]:
    async with kept_shop(redis_url, database_url, tmp_path) as shop:
        wiring = shop.wiring
        backstage = Backstage.of(wiring.database, wiring.redis, wiring.keys, shop.settings, utc_now)
        yield Box(shop, backstage, LetterDesk(backstage))


def of_stage(streamer: str, **changed: Any) -> DeadLetter:
    """A claim that failed in `order`."""
    record = {
        "streamer": streamer,
        "viewer": {"client": "bo", "platform": "tiktok"},
        "message": "call +1 555 010 9999",
    }
    fields = {**raw(1), b"d": orjson.dumps(record)}
    return letter(**{"stage": "order", "stream": "order", "raw": fields, **changed})


def of_door(fields: dict[bytes, bytes]) -> DeadLetter:
    """What ingest refused."""
    return letter(
        stage="ingest", stream="comments_stream", error="", reason="message: too long", attempts=1, raw=fields
    )


async def test_a_letter_shows_what_failed_and_why_without_numbers(box: Box) -> None:
    dead_id = await box.lay(of_stage(box.mine, reason="tried +1 555 010 9999"))
    [shown] = await box.shown()
    assert (shown.id, shown.stage, shown.error, shown.attempts) == (dead_id, "order", "ZeroDivisionError", 8)
    assert (shown.client, shown.message, shown.reason) == ("bo", "call [phone]", "tried [phone]")
    assert (shown.is_stray, shown.redrivable) == (False, True)


async def test_the_newest_come_first_and_only_so_many(box: Box) -> None:
    laid = [await box.lay(of_stage(box.mine)) for _ in range(23)]
    view = await dead_letters_view(box.backstage, box.mine)
    assert [each.id for each in view.letters] == laid[:2:-1]
    assert (view.total, view.further) == (23, 3)


async def test_each_streamer_sees_their_own_and_only_the_operator_what_names_none(box: Box) -> None:
    own = await box.lay(of_stage(box.mine))
    refused = await box.lay(of_door({b"streamer": box.mine.encode(), b"client": b"eve", b"message": b"x"}))
    await box.lay(of_stage("somebody.else"))
    await box.lay(of_door({b"streamer": b"somebody.else"}))
    stray = await box.lay(of_door({b"message": b"whose?"}))
    broken = await box.lay(letter(raw={b"d": b"\xff not JSON"}))
    assert [each.id for each in await box.shown()] == [refused, own]
    seen = await box.shown(is_operator=True)
    assert [(each.id, each.is_stray) for each in seen] == [
        (broken, True),
        (stray, True),
        (refused, False),
        (own, False),
    ]


async def test_a_click_sends_a_letter_back_to_its_stage(box: Box) -> None:
    dead_id = await box.lay(of_stage(box.mine))
    await box.shown()
    assert await box.desk.redrive(box.mine, dead_id, with_strays=False) == Notice("Sent back to order.")
    assert await box.in_stream("order:{0}") == 1
    assert await box.shown() == ()
    assert await box.desk.redrive(box.mine, dead_id, with_strays=False) == GONE


async def test_what_is_not_theirs_nobody_sends_back(box: Box) -> None:
    theirs, stray = await box.lay(of_stage("somebody.else")), await box.lay(of_stage(""))
    for dead_id in (theirs, stray, "no id", "9-9"):
        assert await box.desk.redrive(box.mine, dead_id, with_strays=False) == GONE
    assert await box.desk.redrive(box.mine, theirs, with_strays=True) == GONE
    assert await box.in_stream("order:{0}") == 0
    assert await box.desk.redrive(box.mine, stray, with_strays=True) == Notice("Sent back to order.")


async def test_a_tombstone_can_only_be_looked_at(box: Box) -> None:
    dead_id = await box.lay(tombstone())
    [shown] = await box.shown(is_operator=True)
    assert (shown.is_stray, shown.redrivable) == (True, False)
    notice = await box.desk.redrive(box.mine, dead_id, with_strays=True)
    assert notice.is_refusal
    assert "tombstone" in notice.words


async def test_all_at_once_are_the_streamers_own_that_can_be_sent_oldest_first(box: Box) -> None:
    for streamer in (box.mine, "somebody.else", box.mine):
        await box.lay(of_stage(streamer, comment_id=str(uuid4())))
    await box.lay(tombstone())
    assert await box.desk.redrive_all(box.mine, with_strays=False) == Notice("2 sent back.")
    assert await box.in_stream("order:{0}") == 2
    assert await box.in_stream("dead:{0}") == 2


async def test_letters_are_read_again_only_once_one_came_or_went(box: Box) -> None:
    redis, newest = box.shop.wiring.redis, NewestDeadLetters(box.shop.wiring.redis, box.shop.wiring.keys, 1)
    assert await newest.look() == ()
    dead_id = await box.lay(of_stage(box.mine))
    before = await newest.look()
    assert [each.id for each in before] == [dead_id]
    again = await newest.look()
    assert again[0] is before[0]
    await redis.xdel("dead:{0}", dead_id)
    assert await newest.look() == ()
