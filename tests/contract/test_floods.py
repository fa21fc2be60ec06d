"""Who says too much, and who says the same again: judged on real servers, dropped by ingest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.sayings import Bounds, Sayings
from pipeline.stage import Drop, Emit, Outcome
from schemas.records import Comment
from stages.adapters.database import Database
from stages.adapters.database.comments import Comments
from stages.floods import Floods
from stages.ingest import ingest, open_comment
from stages.settings import ShopSettings
from stages.sources import Sources
from stages.wiring import Wiring
from tests.contract.judged import ANA, BO, ONCE_IN_TEN, START_MS, THREE_IN_TEN, Judged, entry, judging


@pytest.fixture
async def sayings(each_redis_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Judged]:
    async with judging(each_redis_url, request.param) as judged:
        yield judged


flooded = pytest.mark.parametrize("sayings", [THREE_IN_TEN], indirect=True)
copied = pytest.mark.parametrize("sayings", [ONCE_IN_TEN], indirect=True)


@flooded
async def test_what_one_speaker_says_beyond_the_bound_is_a_flood_until_the_window_has_moved_on(
    sayings: Judged,
) -> None:
    assert await sayings(*((ANA, f"{n}", n / 10) for n in range(5))) == ["fresh"] * 3 + ["flood"] * 2
    assert await sayings((ANA, "x", 9.9), (ANA, "y", 10.05), (ANA, "z", 10.06)) == ["flood", "fresh", "flood"]


@flooded
async def test_a_flood_costs_no_other_speaker_anything(sayings: Judged) -> None:
    await sayings(*((ANA, f"{n}", 0) for n in range(100)))
    elsewhere = ("tiktok", "another", "ana")
    assert await sayings((BO, "0", 0), (elsewhere, "0", 0)) == ["fresh", "fresh"]


@flooded
async def test_a_backlog_that_is_read_at_once_is_no_flood(sayings: Judged) -> None:
    assert await sayings(*((ANA, f"{n}", n * 4) for n in range(50))) == ["fresh"] * 50


@flooded
async def test_entries_that_come_again_are_judged_as_before(sayings: Judged) -> None:
    said = [(ANA, f"{n}", n / 10) for n in range(5)]
    assert await sayings(*said) == await sayings(*said) == await sayings(*said)


@copied
async def test_the_same_words_count_once_within_their_time(sayings: Judged) -> None:
    said = [(ANA, "me", at) for at in (0, 5, 9.9, 10, 15, 20)]
    verdicts = ["fresh", "repeated", "repeated", "fresh", "repeated", "fresh"]
    assert await sayings(*said) == verdicts


@pytest.mark.parametrize("sayings", [ONCE_IN_TEN, Bounds(20, 10.0, 10.0)], indirect=True)
async def test_other_words_and_the_same_words_of_others_are_no_copies(sayings: Judged) -> None:
    assert await sayings((ANA, "me", 0), (ANA, "you", 1), (BO, "me", 1)) == ["fresh"] * 3


@copied
async def test_a_copy_that_comes_again_is_a_copy_and_what_came_first_is_none(sayings: Judged) -> None:
    said = [(ANA, "me", 0), (ANA, "me", 1)]
    assert await sayings(*said) == await sayings(*said) == ["fresh", "repeated"]


@copied
async def test_a_copy_is_one_also_once_the_same_words_were_said_anew(sayings: Judged) -> None:
    assert await sayings((ANA, "me", 0), (ANA, "me", 5), (ANA, "me", 10)) == ["fresh", "repeated", "fresh"]
    assert await sayings((ANA, "me", 5), (ANA, "me", 10), (ANA, "me", 0)) == ["repeated", "fresh", "fresh"]


@copied
async def test_words_that_come_late_do_not_hide_newer_ones(sayings: Judged) -> None:
    assert await sayings(*((ANA, "me", at) for at in (10, 5, 16))) == ["fresh", "fresh", "repeated"]


@copied
async def test_entries_of_one_millisecond_are_told_apart(sayings: Judged) -> None:
    first, second = ((ANA, "me", f"{START_MS}-{number}") for number in (0, 1))
    for _ in range(2):
        assert await sayings.entries(first, second) == ["fresh", "repeated"]


@flooded
async def test_the_same_words_count_each_time_where_they_are_not_asked_for(sayings: Judged) -> None:
    assert await sayings(*((ANA, "me", at) for at in (0, 1))) == ["fresh", "fresh"]


@flooded
async def test_what_comes_out_of_its_order_is_judged_by_its_time(sayings: Judged) -> None:
    assert await sayings(*((ANA, f"{at}", at) for at in (8, 2, 5, 3, 19))) == ["fresh"] * 5
    assert await sayings((ANA, "x", 9), (ANA, "y", 13), (ANA, "2", 2)) == ["flood", "fresh", "fresh"]


async def judged(
    messages: list[str], redis_url: str, database: Database, bounds: Bounds, **fields: str
) -> list[Outcome]:
    """What ingest makes of these comments of one viewer, a tenth of a second apart."""
    comments = [comment(message, number / 10, **fields) for number, message in enumerate(messages)]
    redis = connect(redis_url)
    outcomes = await ingest(comments, store=Comments(database), floods=Floods(Sayings(redis, Keys(), bounds)))
    await redis.aclose()
    return outcomes


def comment(message: str, at: float, **changed: str) -> Comment:
    """As whoever may XADD pushes it, unsigned."""
    fields = {"streamer": "maya", "client": "ana", "message": message, **changed}
    raw = {name.encode(): value.encode() for name, value in fields.items()}
    return open_comment(entry(at), raw, sources=Sources()).record


def reasons(outcomes: list[Outcome]) -> list[str]:
    return [outcome.reason if isinstance(outcome, Drop) else type(outcome).__name__ for outcome in outcomes]


async def test_ingest_drops_a_flood_that_came_in_by_xadd(redis_url: str, database: Database) -> None:
    outcomes = await judged([f"want {n}" for n in range(6)], redis_url, database, THREE_IN_TEN, client="one")
    assert reasons(outcomes) == ["Emit"] * 3 + ["flood"] * 3


async def test_ingest_drops_copies_however_they_are_dressed_up(redis_url: str, database: Database) -> None:
    said = ["I want it", "І wаnt іt", "i w\u200bant it!!", "I want it 💕", "I want 2"]
    outcomes = await judged(said, redis_url, database, ONCE_IN_TEN, client="two")
    assert reasons(outcomes) == ["Emit", "repeated", "repeated", "repeated", "Emit"]


async def test_who_speaks_in_a_viewers_name_without_a_signature_does_not_silence_them(
    redis_url: str, database: Database
) -> None:
    sources = Sources({"gateway": "a key"}, frozenset({"gateway"}))
    given = {"streamer": "maya", "client": "ana", "message": "I want it", "platform": "tiktok"}
    forged = [comment("I want it", number / 10) for number in range(5)]
    fields = sources.stamp({**given, "message_id": "m-own"}, "gateway")
    own = open_comment(
        entry(0.9), {name.encode(): value.encode() for name, value in fields.items()}, sources=sources
    ).record
    redis = connect(redis_url)
    floods = Floods(Sayings(redis, Keys(), Bounds(3, 10.0, 10.0)))
    outcomes = await ingest([*forged, own], store=Comments(database), floods=floods)
    await redis.aclose()
    assert reasons(outcomes) == ["Emit", "repeated", "repeated", "repeated", "repeated", "Emit"]


async def test_a_source_that_may_not_charge_is_not_silenced_by_another_either(redis_url: str) -> None:
    sources = Sources({"shop": "a key", "bot": "another key"})

    def signed(source: str, at: float) -> Comment:
        given = {"streamer": "maya", "client": "five", "message": "I want it", "platform": "tiktok"}
        fields = sources.stamp({**given, "message_id": f"m-{source}-{at}"}, source)
        raw = {name.encode(): value.encode() for name, value in fields.items()}
        return open_comment(entry(at), raw, sources=sources).record

    redis = connect(redis_url)
    floods = Floods(Sayings(redis, Keys(), Bounds(3, 10.0, 10.0)))
    said = [
        signed("bot", 0),
        signed("bot", 0.1),
        signed("shop", 0.2),
        comment("I want it", 0.3, client="five"),
    ]
    reasons = await floods.reasons(said)
    await redis.aclose()
    assert reasons == [None, "repeated", None, None]


async def test_pins_and_retractions_are_neither_flood_nor_copies(redis_url: str, database: Database) -> None:
    bounds = Bounds(1, 10.0, 10.0)
    outcomes = await judged(["SKU"] * 4, redis_url, database, bounds, client="host", kind="pin")
    assert reasons(outcomes) == ["pin recorded"] * 4


async def test_a_message_that_comes_twice_is_a_duplicate_not_a_copy(
    redis_url: str, database: Database
) -> None:
    given = {"client": "three", "message_id": "m-1"}
    outcomes = await judged(["me"] * 2, redis_url, database, ONCE_IN_TEN, **given)
    assert isinstance(outcomes[0], Emit)
    assert reasons(outcomes)[1] == "duplicate"


async def test_the_settings_say_how_much_is_too_much(redis_url: str, database: Database) -> None:
    settings = ShopSettings(
        rate_limit_per_viewer="2/10second",
        repeat_window_seconds=5,
        data_keys=(Fernet.generate_key().decode(),),
    )
    said = [
        comment(text, at, client="four") for text, at in (("a", 0), ("a", 4), ("b", 5), ("c", 9), ("d", 10.1))
    ]
    redis = connect(redis_url)
    async with AsyncExitStack() as stack:
        reasons = await Wiring(settings, redis, database, stack).floods.reasons(said)
    await redis.aclose()
    assert reasons == [None, "repeated", None, "flood", None]


@pytest.mark.parametrize("limit", ["20", "x/second", "0/second", "20/fortnight", "-1/second", "5/0second"])
def test_a_limit_that_is_none_is_refused_at_start(limit: str) -> None:
    with pytest.raises(ValidationError, match="rate_limit_per_viewer"):
        ShopSettings(rate_limit_per_viewer=limit)
