"""Comments under a TikTok LIVE come in once each, whatever is repeated, cut or killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from stages.adapters.database import Database
from stages.sources import Sources
from tests.contract.connected import connecting, pushed, stored, until_pushed
from tests.contract.recorded import recording
from tests.contract.rig import Rig, rig_on
from tests.contract.tiktok_stand_in import HISTORY, TikTokStandIn, served

SOURCES = Sources({"tiktok": "a key"}, frozenset({"tiktok"}))
RECORDING = recording("tiktok")
ROOM = RECORDING["room_id"]


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as rig:
        yield rig


def expected(messages: Sequence[Mapping[str, Any]] = RECORDING["messages"]) -> Counter[tuple[str, str]]:
    """Every comment with words, each deletion, and each pin of another product than before."""
    kinds = {"WebcastChatMessage": "comment", "WebcastOecLiveShoppingMessage": "pin"}
    found: Counter[tuple[str, str]] = Counter()
    shown = None
    for said in messages:
        if said["method"] == "WebcastImDeleteMessage":
            found.update(("retract", f"{ROOM}-{each}") for each in said["delete_msg_ids"])
        elif said.get("content") or said.get("product_id", shown) != shown:
            found[kinds[said["method"]], f"{ROOM}-{said['msg_id']}"] += 1
            shown = said.get("product_id", shown)
    return found


async def test_cut_killed_and_started_again_every_comment_is_in_the_database_once(
    rig: Rig, database: Database, tmp_path: Path
) -> None:
    settings = {
        "redis_url": rig.url,
        "source_keys": '{"tiktok": "a key"}',
        "tiktok_products": '{"1729402318275": "JKT-01"}',
        "tiktok_sign_key": "euler-key",
    }
    async with served(TikTokStandIn(RECORDING, stops=(-40, 80))) as tiktok:
        arguments = ("tiktok", "@maya.closet", "--once")
        async with connecting(*arguments, cwd=tmp_path, tiktok_url=tiktok.url, **settings) as connector:
            # Some of what it was sent may not be pushed yet: no more than TikTok repeats.
            await until_pushed(rig, expected(RECORDING["messages"][:80]).total() - HISTORY // 2)
            await connector.kill()
        assert tiktok.connections == 2
        async with connecting(*arguments, cwd=tmp_path, tiktok_url=tiktok.url, **settings) as connector:
            assert await connector.ended() == 0
        assert (tiktok.connections, set(tiktok.signed_with)) == (3, {"euler-key"})
    entries = await pushed(rig)
    assert await stored(rig, database, SOURCES, "maya.closet") == expected()
    assert {SOURCES.vouch(entry) for entry in entries} == {("tiktok", True)}
    assert [entry["message"] for entry in entries if entry["kind"] == "pin"] == [
        "JKT-01",
        "1729402318999",
        "JKT-01",
    ]
    first = entries[0]
    assert (first["client"], first["client_id"]) == ("emma_r", "6937909301590894449")
    assert first["timestamp"] == "2026-01-02T03:04:05.350000+00:00"
    assert "Niko 🎣" in {entry["client"] for entry in entries}  # who has no handle is known by name
