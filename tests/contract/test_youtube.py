"""YouTube's live chat: every comment once, whether streamed or asked for, whatever breaks in between."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from stages.adapters.database import Database
from stages.connectors.away import Away, Refused
from stages.connectors.incoming import Incoming
from stages.connectors.source import Checkpoint, Connected, Event, Ignored
from stages.connectors.youtube.api import YouTubeApi
from stages.connectors.youtube.failures import SPENT_SECONDS
from stages.connectors.youtube.quota import Pace
from stages.connectors.youtube.source import YouTubeSource
from stages.sources import Sources
from tests.contract.connected import connecting, pushed, stored
from tests.contract.rig import Rig, rig_on
from tests.contract.youtube_stand_in import KEY, YouTube, youtube_stand_in

SOURCES = Sources({"youtube": "a key"}, frozenset({"youtube"}))
STREAMER = "maya.closet"
# What the recording holds, by the places of its messages.
COMMENTS = [0, 1, 2, 3, 4, 8, 9, 11, 12, 14, 21, 22, 23, 24, 27, 28]
# By a moderator, by its author, by a ban; and a tombstone, which stands for itself.
TAKEN_BACK = {10: 9, 13: 12, 15: 14, 20: 20}


@pytest.fixture
async def youtube() -> AsyncIterator[YouTube]:
    async with youtube_stand_in() as server:
        yield server


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as opened:
        yield opened


@asynccontextmanager
async def source_of(
    youtube: YouTube, *, key: str = KEY, video: str | None = None, least_seconds: float = 0.0
) -> AsyncIterator[YouTubeSource]:
    async with YouTubeApi(key, youtube.url) as api:
        yield YouTubeSource(api, STREAMER, video or youtube.video, Pace(least_seconds, time.monotonic))


async def read(source: YouTubeSource, since: Checkpoint | None = None) -> list[Event]:
    """All events until the show is over."""
    async with asyncio.timeout(20), aclosing(source.events(since)) as events:
        return [event async for event in events]


async def read_until(source: YouTubeSource, enough: Callable[[list[Event]], bool]) -> list[Event]:
    """The first events, until they are enough."""
    got: list[Event] = []
    async with asyncio.timeout(20), aclosing(source.events(None)) as events:
        async for event in events:
            got.append(event)
            if enough(got):
                break
    return got


async def show_and_end(youtube: YouTube) -> None:
    await youtube.publish(youtube.everything)
    await youtube.end()


def identities(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.kind, event.message_id) for event in events if isinstance(event, Incoming)]


def expected(youtube: YouTube, begin: int = 0) -> list[tuple[str, str]]:
    """What the recording's messages from there on mean, in their order."""
    found: list[tuple[str, str]] = []
    for place in range(begin, youtube.everything):
        if place in COMMENTS:
            found.append(("comment", youtube.items[place]["id"]))
        if place in TAKEN_BACK:
            found.append(("retract", youtube.items[TAKEN_BACK[place]]["id"]))
    return found


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "asked for"])
async def test_comments_and_retractions_come_in_order_and_the_rest_is_counted(
    youtube: YouTube, streams: bool
) -> None:
    youtube.streams = streams
    await show_and_end(youtube)
    async with source_of(youtube) as source:
        events = await read(source)
    assert isinstance(events[0], Connected)
    assert identities(events) == expected(youtube)
    assert Counter(event.kind for event in events if isinstance(event, Ignored)) == {
        "superChatEvent": 1, "superStickerEvent": 1, "newSponsorEvent": 1, "userBannedEvent": 1, "pollEvent": 1,
        "giftEvent": 1, "membershipGiftingEvent": 1, "other": 1, "sponsorOnlyModeStartedEvent": 1,
        "sponsorOnlyModeEndedEvent": 1,
    }  # fmt: skip


async def test_a_comment_says_who_wrote_what_and_when(youtube: YouTube) -> None:
    await youtube.publish(5)
    async with source_of(youtube) as source:
        events = await read_until(source, lambda got: len(identities(got)) == 5)
    said = {event.message_id: event for event in events if isinstance(event, Incoming)}
    bought, super_chat = said[youtube.items[3]["id"]], said[youtube.items[4]["id"]]
    assert (bought.client, bought.client_id) == ("Emma R", "UCemma0000000000000000AA")
    assert (bought.message, bought.platform, bought.streamer) == (
        "I want to buy the denim jacket, size S", "youtube", STREAMER,
    )  # fmt: skip
    assert bought.timestamp.isoformat() == "2026-11-22T20:00:03.111000+00:00"
    assert super_chat.message == 'I\'ll take 2 of the {blue} ones "now" \\o/'


async def test_what_is_streamed_comes_at_once(youtube: YouTube) -> None:
    youtube.stream_seconds = 60.0
    async with source_of(youtube) as source, aclosing(source.events(None)) as events:
        assert isinstance(await anext(events), Connected)
        reading = asyncio.create_task(anext(events))
        await youtube.asked("stream")
        await youtube.publish(1)
        first = await asyncio.wait_for(reading, 5)
    assert isinstance(first, Incoming)
    assert first.message == "hiii maya 💕"


async def test_reading_goes_on_where_the_checkpoint_says(youtube: YouTube) -> None:
    await youtube.publish(12)
    async with source_of(youtube) as source:
        events = await read_until(source, lambda got: isinstance(got[-1], Checkpoint))
    checkpoint = events[-1]
    assert isinstance(checkpoint, Checkpoint)
    assert [token for what, token in youtube.calls if what == "stream"] == [None]
    youtube.calls.clear()
    await show_and_end(youtube)
    async with source_of(youtube) as source:
        rest = await read(source, checkpoint)
    assert youtube.calls[:2] == [("videos", None), ("stream", "10")]
    assert identities(events + rest) == expected(youtube)


async def test_a_checkpoint_of_another_chat_is_none(youtube: YouTube) -> None:
    await show_and_end(youtube)
    async with source_of(youtube) as source:
        await read(source, Checkpoint("another-chat 20"))
    assert ("stream", None) in youtube.calls


async def test_a_stale_page_token_brings_the_recent_messages_again(youtube: YouTube) -> None:
    youtube.stale_tokens = {"12"}
    await youtube.publish(12)
    async with source_of(youtube) as source:
        events = await read_until(source, lambda got: identities(got).count(expected(youtube)[0]) == 2)
    assert {token for _, token in youtube.calls} >= {None}
    assert identities(events)[0] == expected(youtube)[0]


async def test_a_stream_that_breaks_off_in_the_middle_of_a_page_is_said_to_be_away(youtube: YouTube) -> None:
    youtube.cuts = [9_000]
    await youtube.publish(youtube.everything)
    async with source_of(youtube) as source:
        with pytest.raises(Away, match="broke off"):
            await read(source)


@pytest.mark.parametrize(
    ("status", "reason", "after"),
    [
        (403, "quotaExceeded", SPENT_SECONDS),
        (403, "rateLimitExceeded", None),
        (429, "", None),
        (500, "backendError", None),
        (503, "", None),
    ],
)
async def test_what_passes_by_itself_is_waited_out(
    youtube: YouTube, status: int, reason: str, after: float | None
) -> None:
    youtube.failures = [(status, reason)]
    async with source_of(youtube) as source:
        with pytest.raises(Away) as told:
            await read(source)
    assert told.value.after == after


async def test_nobody_there_is_waited_out(youtube: YouTube) -> None:
    async with YouTubeApi(KEY, "http://127.0.0.1:9") as api:
        with pytest.raises(Away, match="doesn't answer"):
            await read(YouTubeSource(api, STREAMER, youtube.video, Pace(0.0, time.monotonic)))


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "liveChatDisabled"), (404, "liveChatNotFound"), (401, "authError")]
)
async def test_what_cannot_be_helped_is_said_and_ends_it(youtube: YouTube, status: int, reason: str) -> None:
    async with source_of(youtube) as source:
        youtube.failures = [(status, reason)]
        with pytest.raises(Refused, match="YouTube"):
            await read(source)


async def test_a_wrong_key_or_video_ends_it_in_words(youtube: YouTube) -> None:
    async with source_of(youtube, key="another") as source:
        with pytest.raises(Refused, match="YOUTUBE_API_KEY"):
            await read(source)
    async with source_of(youtube, video="AAAAAAAAAAA") as source:
        with pytest.raises(Refused, match="AAAAAAAAAAA has no live chat"):
            await read(source)


async def test_where_streams_bring_nothing_messages_are_asked_for(youtube: YouTube) -> None:
    youtube.mute = True
    await youtube.publish(3)
    async with source_of(youtube) as source:
        events = await read_until(source, lambda got: len(identities(got)) == 3)
    assert identities(events) == expected(youtube)[:3]
    assert [what for what, _ in youtube.calls] == ["videos", "stream", "stream", "stream", "list"]


async def test_messages_are_asked_for_no_faster_than_youtube_wants(youtube: YouTube) -> None:
    youtube.streams, youtube.pause_millis = False, 250
    async with source_of(youtube) as source:
        reading = asyncio.create_task(read(source))
        begun = time.monotonic()
        await youtube.asked("list", 4)
        took = time.monotonic() - begun
        await youtube.end()
        await reading
    assert took >= 3 * 0.25


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "asked for"])
async def test_a_days_quota_lasts_for_the_show(youtube: YouTube, streams: bool) -> None:
    youtube.streams, youtube.pause_millis, youtube.stream_seconds = streams, 0, 0.01
    async with source_of(youtube, least_seconds=0.4) as source:
        reading = asyncio.create_task(read(source))
        begun = time.monotonic()
        await youtube.asked("stream" if streams else "list", 3)
        took = time.monotonic() - begun
        await youtube.end()
        await reading
    assert took >= 2 * 0.4


def settings_of(youtube: YouTube, rig: Rig) -> dict[str, str]:
    return {
        "redis_url": rig.url,
        "youtube_url": youtube.url,
        "youtube_api_key": KEY,
        "source_keys": '{"youtube": "a key"}',
    }


async def test_killed_in_the_middle_and_started_again_each_comment_is_in_the_database_once(
    youtube: YouTube, rig: Rig, database: Database, tmp_path: Path
) -> None:
    """First it is streamed, and the stream breaks off once; the second time it is asked for. What was pushed and not
    yet remembered when the process died is pushed once more."""
    command = ("youtube", youtube.video, "--streamer", STREAMER)
    youtube.cuts = [5_000]
    await youtube.publish(13)
    async with connecting(*command, cwd=tmp_path, **settings_of(youtube, rig)) as process:
        await until_pushed(rig, 6)
        await process.kill()
    youtube.streams = False
    await youtube.publish(20)
    async with connecting(*command, cwd=tmp_path, **settings_of(youtube, rig)) as process:
        await until_pushed(rig, len(expected(youtube)) - len(expected(youtube, 20)))
        await show_and_end(youtube)
        assert await process.ended() == 0, (tmp_path / "connector.log").read_text()
    entries = await pushed(rig)
    once = list(dict.fromkeys((entry["kind"], entry["message_id"]) for entry in entries))
    assert once == expected(youtube)
    assert {SOURCES.vouch(entry) for entry in entries} == {("youtube", True)}
    found = await stored(rig, database, SOURCES, STREAMER)
    assert found == Counter(dict.fromkeys(expected(youtube), 1))
    async with database.transaction() as connection:
        query = "select message_id from chat_messages where streamer = $1 and retracted_at is not null"
        retracted = {row["message_id"] for row in await connection.fetch(query, STREAMER)}
    assert retracted == {youtube.items[place]["id"] for place in (9, 12, 14)}


async def until_pushed(rig: Rig, count: int) -> None:
    async with asyncio.timeout(30):
        while len(await pushed(rig)) < count:  # noqa: ASYNC110 - another process writes them
            await asyncio.sleep(0.05)
