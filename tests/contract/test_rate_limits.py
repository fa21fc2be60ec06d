"""How fast comments may come in, counted in a real Redis."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest

from stages.doors.comment_door import Taken
from stages.doors.gate import ANYBODY
from stages.doors.posted_comment import PostedComment
from tests.contract.door import GIVEN, door_on

# Windows so long that no test sees one end.
FIVE, TWO = "5/hour", "2/hour"


def statuses(answers: list[httpx.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


async def test_a_viewer_who_writes_too_fast_is_turned_away_and_told_when_to_come_again(
    redis_url: str,
) -> None:
    async with door_on(redis_url, per_viewer=TWO) as door:
        answers = [await door.post() for _ in range(3)]
        assert statuses(answers) == [200, 200, 429]
        assert answers[2].headers["retry-after"] == "3600"
        assert answers[2].json()["ok"] is False
        assert "2 per 1 hour" in answers[2].json()["error"]
        assert len(await door.entries()) == 2


async def test_what_was_taken_before_is_answered_as_then_however_often_it_is_sent(redis_url: str) -> None:
    async with door_on(redis_url, per_viewer=TWO, per_key=FIVE) as door:
        first = await door.post(message_id="m-1")
        again = [await door.post(message_id="m-1") for _ in range(9)]
        assert [answer.json() for answer in again] == [first.json()] * 9
        assert {answer.headers["comment-id"] for answer in again} == {first.headers["comment-id"]}
        assert (await door.post(message_id="m-2")).status_code == 429
        assert len(await door.entries()) == 1


async def test_in_a_batch_each_gets_its_own_answer_also_where_one_comes_twice(redis_url: str) -> None:
    async with door_on(redis_url, per_viewer=TWO) as door:
        first = await door.post(message_id="m-1")
        sent = [{**GIVEN, "message_id": "m-1"}, {**GIVEN, "message_id": "m-1"}]
        sent.append({**GIVEN, "client": "bo", "message_id": "m-2"})
        told = (await door.http.post("/comments/batch", json=sent)).json()["results"]
        known = first.headers["comment-id"]
        assert [result["comment_id"] for result in told[:2]] == [known, known]
        alone = await door.post(client="bo", message_id="m-2")
        assert told[2]["comment_id"] == alone.headers["comment-id"] != known


async def test_one_viewers_flood_costs_nobody_else_anything(redis_url: str) -> None:
    async with door_on(redis_url, per_viewer=TWO) as door:
        await asyncio.gather(*(door.post() for _ in range(30)))
        others = [
            await door.post(client="bo"),
            await door.post(streamer="another"),
            await door.post(platform="youtube"),
            await door.post(client_id="UC1"),
        ]
        assert statuses(others) == [200] * 4
        assert len(await door.entries()) == 6


async def test_a_viewer_is_known_by_the_platforms_id_whatever_they_call_themselves(redis_url: str) -> None:
    async with door_on(redis_url, per_viewer=TWO) as door:
        answers = [await door.post(client=f"name {n}", client_id="UC1") for n in range(3)]
        assert statuses(answers) == [200, 200, 429]


async def test_one_source_does_not_silence_the_viewers_of_another(redis_url: str) -> None:
    async with door_on(redis_url, per_viewer=TWO) as door:
        flood = [PostedComment(**GIVEN) for _ in range(5)]
        answers = await door.comments.take(flood, replace(ANYBODY, source="another"))
        assert [isinstance(answer, Taken) for answer in answers] == [True] * 2 + [False] * 3
        assert (await door.post()).status_code == 200


async def test_retractions_and_pins_are_no_flood(redis_url: str) -> None:
    async with door_on(redis_url, per_viewer=TWO) as door:
        retracts = [await door.post(kind="retract", message_id=f"m-{n}", message=None) for n in range(5)]
        pins = [await door.post(kind="pin") for _ in range(5)]
        assert statuses(retracts + pins) == [200] * 10


async def test_a_key_that_sends_too_fast_is_turned_away(redis_url: str) -> None:
    async with door_on(redis_url, per_key=FIVE) as door:
        answers = [await door.post(client=f"v{n}") for n in range(6)]
        assert statuses(answers) == [200] * 5 + [429]
        assert answers[5].headers["retry-after"] == "3600"


async def test_what_the_key_may_not_send_counts_for_no_viewer(redis_url: str) -> None:
    async with door_on(redis_url, per_key=FIVE, per_viewer=TWO) as door:
        for n in range(5):
            await door.post(client=f"v{n}")
        assert statuses([await door.post() for _ in range(9)]) == [429] * 9
    async with door_on(redis_url, per_viewer=TWO) as another_key:
        assert statuses([await another_key.post() for _ in range(3)]) == [200, 200, 429]


async def test_of_a_batch_as_many_are_taken_as_the_limit_leaves_room_for(redis_url: str) -> None:
    async with door_on(redis_url, per_key=FIVE) as door:
        await door.post()
        batch = [{**GIVEN, "client": f"v{n}"} for n in range(7)]
        told = (await door.http.post("/comments/batch", json=batch)).json()
        assert [result["ok"] for result in told["results"]] == [True] * 4 + [False] * 3
        assert {result.get("status") for result in told["results"][4:]} == {429}
        assert len(await door.entries()) == 5


async def test_gateways_share_the_limits(redis_url: str) -> None:
    async with door_on(redis_url, per_viewer=TWO) as one, door_on(redis_url, per_viewer=TWO) as other:
        assert statuses([await one.post(), await other.post(), await one.post()]) == [200, 200, 429]


@pytest.mark.parametrize("count", [1, 200])
async def test_exactly_as_many_come_in_at_once_as_the_limit_says(redis_url: str, count: int) -> None:
    async with door_on(redis_url, per_viewer=f"{count}/hour") as door:
        answers = await asyncio.gather(*(door.post() for _ in range(count + 50)))
        assert sorted(statuses(list(answers))) == [200] * count + [429] * 50
