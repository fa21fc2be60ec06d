"""Many comments by one request, on a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import orjson
import pytest

from tests.contract.door import GIVEN, SOURCES, Door, door_on
from tests.contract.lossy_line import losing_answers


@pytest.fixture
async def door(redis_url: str) -> AsyncIterator[Door]:
    async with door_on(redis_url) as door:
        yield door


def comments(count: int, **changed: Any) -> list[dict[str, Any]]:
    """So many good comments of different viewers."""
    return [{**GIVEN, "client": f"v{n}", "message_id": f"m-{n}", **changed} for n in range(count)]


async def send(door: Door, items: Sequence[Any]) -> httpx.Response:
    return await door.http.post("/comments/batch", json=list(items))


async def ids(door: Door) -> list[str]:
    """The message ids in the stream, in their order."""
    return [entry["message_id"] for entry in await door.entries()]


async def test_a_thousand_comments_are_taken_in_their_order(door: Door) -> None:
    answer = await send(door, comments(1000))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["ok"], told["accepted"], told["refused"], len(told["results"])) == (True, 1000, 0, 1000)
    assert await ids(door) == [f"m-{n}" for n in range(1000)]
    assert all(SOURCES.vouch(entry) == ("gateway", True) for entry in await door.entries())


async def test_each_comment_is_answered_as_if_it_were_posted_alone(door: Door) -> None:
    [item] = comments(1)
    [told] = (await send(door, [item])).json()["results"]
    alone = await door.post(**item)
    assert told == {**alone.json(), "comment_id": alone.headers["comment-id"]}


async def test_lines_are_taken_as_an_array_is(door: Door) -> None:
    lines = b"\n".join(orjson.dumps(item) for item in comments(3)) + b"\n\n"
    headers = {"content-type": "application/x-ndjson"}
    answer = await door.http.post("/comments/batch", content=lines, headers=headers)
    assert answer.json()["accepted"] == 3
    assert await ids(door) == ["m-0", "m-1", "m-2"]


async def test_a_bad_comment_costs_its_neighbours_nothing(door: Door) -> None:
    bad = [{}, 7, None, [], {**GIVEN, "message": "x" * 2001}, {**GIVEN, "client": ""}]
    good = comments(2)
    answer = await send(door, [good[0], *bad, good[1]])
    told = answer.json()
    assert (answer.status_code, told["ok"], told["accepted"], told["refused"]) == (200, False, 2, len(bad))
    assert [result["ok"] for result in told["results"]] == [True, *[False] * len(bad), True]
    assert all(result["status"] == 422 and result["error"] for result in told["results"][1:-1])
    assert await ids(door) == ["m-0", "m-1"]


async def test_a_bad_line_costs_its_neighbours_nothing(door: Door) -> None:
    good = [orjson.dumps(item) for item in comments(2)]
    lines = b"\n".join([good[0], b"{", b"\xff\xfe", b'{"client": "\\ud800"}', good[1]])
    told = (await door.http.post("/comments/batch", content=lines)).json()
    assert [result["ok"] for result in told["results"]] == [True, False, False, False, True]


@pytest.mark.parametrize("body", [b"", b" \n ", b"[1", b"[" * 100_000])
async def test_a_body_that_is_no_batch_is_refused(door: Door, body: bytes) -> None:
    answer = await door.http.post("/comments/batch", content=body)
    assert (answer.status_code, answer.json()["ok"]) == (422, False)
    assert answer.json()["error"]


async def test_more_than_a_thousand_are_refused_whole(door: Door) -> None:
    answer = await send(door, comments(1001))
    assert (answer.status_code, "1,000 at most" in answer.json()["error"]) == (422, True)
    assert await door.entries() == []


async def test_the_same_batch_again_gets_the_same_answers_and_makes_no_entry(door: Door) -> None:
    items = comments(10)
    first, second = [(await send(door, items)).json() for _ in range(2)]
    assert first == second
    assert len(await door.entries()) == 10


async def test_a_comment_twice_in_one_batch_stands_once(door: Door) -> None:
    told = (await send(door, comments(1) * 3)).json()["results"]
    assert told[0] == told[1] == told[2]
    assert len(await door.entries()) == 1


async def test_retractions_and_pins_go_in_by_their_kind(door: Door) -> None:
    retract = {"streamer": "maya.closet", "client": "ana", "message_id": "m-0", "kind": "retract"}
    pin = {"streamer": "maya.closet", "client": "host", "message": "JACKET", "kind": "pin"}
    pointless = {"streamer": "maya.closet", "client": "ana", "kind": "retract"}
    told = (await send(door, [*comments(1), retract, pin, pointless])).json()
    assert [result["ok"] for result in told["results"]] == [True, True, True, False]
    assert told["results"][0]["comment_id"] != told["results"][1]["comment_id"]
    assert [entry.get("kind") for entry in await door.entries()] == [None, "retract", "pin"]


async def test_where_the_queue_is_away_the_whole_batch_is_to_be_sent_again(redis_url: str) -> None:
    async with losing_answers(redis_url, to=b"XINFO") as url, door_on(url) as door:
        answer = await send(door, comments(2))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_what_may_have_been_kept_is_said_for_each_comment(redis_url: str) -> None:
    async with losing_answers(redis_url, to=b"offered:") as url, door_on(url) as door:
        told = (await send(door, comments(300))).json()
    assert (told["accepted"], told["refused"]) == (0, 300)
    errors = [result["error"] for result in told["results"]]
    assert all(f'"message_id": "m-{n}"' in error for n, error in enumerate(errors[:100]))
    assert all("was not kept" in error for error in errors[100:])
    async with door_on(redis_url) as door:
        assert len(await door.entries()) == 100
        assert (await send(door, comments(300))).json()["accepted"] == 300
        assert len(await door.entries()) == 300
