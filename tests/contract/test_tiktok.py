"""Comments under a TikTok LIVE come in once each, whatever is repeated, cut or killed."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.embedded.credentials import free_port
from stages.adapters.database import Database
from stages.connectors.away import Away, Refused
from stages.connectors.source import Event
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


async def figures_at(port: int) -> dict[str, float]:
    """The connector's figures, as Prometheus is told them."""
    async with httpx.AsyncClient(trust_env=False) as http:
        text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        "/".join([sample.name.removeprefix("tiktoksales_connector_"), *_labels(sample.labels)]): sample.value
        for sample in samples
        if sample.name.startswith("tiktoksales_connector_")
    }


def _labels(labels: Mapping[str, str]) -> list[str]:
    return [value for name, value in labels.items() if name not in ("platform", "streamer")]


async def test_cut_killed_and_started_again_every_comment_is_in_the_database_once(
    rig: Rig, database: Database, tmp_path: Path
) -> None:
    settings = {
        "redis_url": rig.url,
        "source_keys": '{"tiktok": "a key"}',
        "tiktok_products": '{"1729402318275": "JKT-01"}',
        "tiktok_sign_key": "euler-key",
    }
    port = free_port()
    settings["metrics_port"] = str(port)
    async with served(TikTokStandIn(RECORDING, stops=(-40, 80))) as tiktok:
        arguments = ("tiktok", "@maya.closet", "--once")
        async with connecting(*arguments, cwd=tmp_path, tiktok_url=tiktok.url, **settings) as connector:
            # Some of what it was sent may not be pushed yet: no more than TikTok repeats.
            await until_pushed(rig, expected(RECORDING["messages"][:80]).total() - HISTORY // 2)
            figures = await figures_at(port)
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
    gone_by = Counter(said["method"] for said in RECORDING["messages"][:80])
    assert figures["ignored_total/GiftEvent"] == gone_by["WebcastGiftMessage"]
    assert figures["ignored_total/UnknownEvent"] == gone_by["WebcastOfAReleaseToComeMessage"]
    assert figures["ignored_total/product pinned already"] == 1
    assert (figures["reconnects_total"], figures["duplicates_total"]) == (1, HISTORY)
    assert (figures["state/connected"], figures["state/waiting"]) == (1, 0)


@pytest.fixture(scope="module")
def library() -> ModuleType:
    """The module that uses the library, which warns of itself as it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return import_module("stages.connectors.tiktok.source")


@pytest.fixture
async def stand_in() -> AsyncIterator[TikTokStandIn]:
    async with served(TikTokStandIn(RECORDING)) as stand_in:
        yield stand_in


async def heard_of(library: ModuleType, stand_in: TikTokStandIn, username: str) -> AsyncIterator[Event]:
    """What the source yields from the stand-in."""
    source = library.TikTokSource(
        username,
        "maya.closet",
        client=lambda: library.RoomClient(username, "", stand_in.url),
        products={},
        now=lambda: datetime.now(UTC),
    )
    async for event in source.events(None):
        yield event


async def failure_of(
    library: ModuleType, stand_in: TikTokStandIn, username: str = "maya.closet", *, after: int = 0
) -> Exception:
    """What it raises, after so many events."""
    events = heard_of(library, stand_in, username)
    for _ in range(after):
        await anext(events)
    with pytest.raises((Away, Refused)) as failure:
        await anext(events)
    return failure.value


async def test_whoever_is_not_live_is_asked_for_again(library: ModuleType, stand_in: TikTokStandIn) -> None:
    stand_in.live = False
    failure = await failure_of(library, stand_in)
    assert isinstance(failure, Away)
    assert (str(failure), failure.after) == ("@maya.closet is not live on TikTok.", library.OFFLINE_SECONDS)


async def test_a_name_that_tiktok_does_not_know_is_said(library: ModuleType, stand_in: TikTokStandIn) -> None:
    failure = await failure_of(library, stand_in, "nobody")
    assert isinstance(failure, Refused)
    assert "no live account @nobody" in str(failure)


async def test_a_sign_server_that_refuses_the_key_ends_it(
    library: ModuleType, stand_in: TikTokStandIn
) -> None:
    stand_in.sign_status = 401
    failure = await failure_of(library, stand_in)
    assert isinstance(failure, Refused)
    assert str(failure).endswith("See TIKTOK_SIGN_KEY.")


@pytest.mark.parametrize("status", [429, 500])
async def test_a_sign_server_that_signs_no_more_now_is_waited_for(
    library: ModuleType, stand_in: TikTokStandIn, status: int
) -> None:
    stand_in.sign_status, stand_in.sign_again_in = status, 90
    failure = await failure_of(library, stand_in)
    assert isinstance(failure, Away)
    assert failure.after == pytest.approx(90, abs=30)


async def test_a_tiktok_that_is_not_there_is_waited_for(library: ModuleType) -> None:
    nowhere = TikTokStandIn(RECORDING, url=f"http://127.0.0.1:{free_port()}")
    failure = await failure_of(library, nowhere)
    assert isinstance(failure, Away)
    assert "TikTok can't be connected to" in str(failure)


async def test_a_connection_that_fell_silent_counts_as_lost(
    library: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "SILENCE_SECONDS", 1.0)
    async with served(TikTokStandIn(RECORDING, stops=(3,))) as stand_in:
        failure = await failure_of(library, stand_in, after=4)
    assert isinstance(failure, Away)
    assert str(failure) == "TikTok was silent for 1 s."


async def test_after_the_live_the_next_one_is_waited_for(library: ModuleType) -> None:
    short = {**RECORDING, "messages": RECORDING["messages"][:5]}
    async with served(TikTokStandIn(short)) as stand_in:
        failure = await failure_of(library, stand_in, after=7)
    assert isinstance(failure, Away)
    assert (str(failure), failure.after) == ("The LIVE of @maya.closet is over.", library.OFFLINE_SECONDS)


async def test_what_had_come_when_a_connection_is_cut_is_read_to_its_end(library: ModuleType) -> None:
    messages = len(RECORDING["messages"])
    async with served(TikTokStandIn(RECORDING, stops=(-messages,), gap_seconds=0)) as stand_in:
        failure = await failure_of(library, stand_in, after=1 + messages)
    assert isinstance(failure, Away)
    assert "TikTok closed the connection: received 1011" in str(failure)
