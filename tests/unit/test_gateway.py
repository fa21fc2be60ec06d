"""The gateway's front door, on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from pipeline.embedded.credentials import free_port
from tests.contract.door import GIVEN, SOURCES, Door, door_on


@pytest.fixture
async def door(redis_url: str) -> AsyncIterator[Door]:
    async with door_on(redis_url) as door:
        yield door


async def test_a_comment_stands_in_the_stream_once_it_is_answered(door: Door) -> None:
    answer = await door.post(platform="youtube", client_id="UC1", message_id="m-1")
    assert answer.status_code == 200
    assert answer.json() == {
        "ok": True,
        "queued_to": "intent:{0}",
        "stream": "comments_stream",
        "timestamp": "2026-01-02T03:04:05Z",
    }
    [entry] = await door.entries()
    assert entry.items() >= {**GIVEN, "platform": "youtube", "client_id": "UC1", "message_id": "m-1"}.items()
    assert SOURCES.vouch(entry) == ("gateway", True)


async def test_a_comment_without_a_message_id_gets_one_of_its_own(door: Door) -> None:
    await door.post()
    await door.post()
    first, second = await door.entries()
    assert first["message_id"] != second["message_id"]
    assert SOURCES.vouch(first) == ("gateway", True)


async def test_the_answer_names_the_partition_of_the_streamer(redis_url: str) -> None:
    async with door_on(redis_url, partitions=64) as door:
        queues = [(await door.post(streamer=name)).json()["queued_to"] for name in ("a", "a", "b", "c")]
    assert queues[0] == queues[1]
    assert len(set(queues)) == 3


async def test_text_is_stored_as_it_came(door: Door) -> None:
    message = "ほしい! \u200bنعم\u202e 💕\n\x07 'or 1=1"
    await door.post(message=message)
    [entry] = await door.entries()
    assert entry["message"] == message


async def test_times_and_frame_urls_travel(door: Door) -> None:
    urls = ["https://cdn.example/a b.jpg", "https://cdn.example/c.jpg"]
    answer = await door.post(timestamp="2026-05-06T07:08:09+02:00", frame_urls=urls)
    assert answer.json()["timestamp"] == "2026-05-06T07:08:09+02:00"
    [entry] = await door.entries()
    assert datetime.fromisoformat(entry["timestamp"]) == datetime(2026, 5, 6, 5, 8, 9, tzinfo=UTC)
    assert orjson.loads(entry["frame_urls"]) == urls


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"streamer": None}, "streamer: Field required"),
        ({"client": ""}, "client: String should have at least 1 character"),
        ({"message": "x" * 2001}, "message: String should have at most 2000 characters"),
        ({"message": "nul\x00"}, "message: "),
        ({"message": 5}, "message: Input should be a valid string"),
        ({"timestamp": "half past never"}, "timestamp: "),
        ({"frame_urls": ["u"] * 33}, "frame_urls: "),
        ({"frame_urls": ["", "u"]}, "frame_urls.0: "),
    ],
)
async def test_a_bad_comment_is_refused_with_a_readable_reason(
    door: Door, changed: dict[str, Any], said: str
) -> None:
    answer = await door.post(**changed)
    assert (answer.status_code, answer.json()["ok"]) == (422, False)
    assert answer.json()["error"].startswith(said)
    assert await door.entries() == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"null", b"[]", b'"text"'])
async def test_a_body_that_is_no_comment_is_refused(door: Door, body: bytes) -> None:
    answer = await door.http.post("/comments", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["ok"]) == (422, False)
    assert answer.json()["error"]


async def test_a_message_of_the_greatest_length_is_taken_in_any_script(door: Door) -> None:
    message = "👩‍👩‍👧" * 400  # 2,000 code points
    assert (await door.post(message=message)).status_code == 200
    [entry] = await door.entries()
    assert entry["message"] == message


async def announced(size: int) -> AsyncIterator[bytes]:
    """A body sent in pieces, without its length in the header."""
    for _ in range(size // 1024):
        yield b" " * 1024


async def test_a_body_over_64_kib_is_refused_whether_it_says_so_or_not(door: Door) -> None:
    said = await door.http.post("/comments", content=b" " * (64 * 1024 + 1))
    unsaid = await door.http.post("/comments", content=announced(65 * 1024))
    for answer in (said, unsaid):
        assert (answer.status_code, answer.json()["ok"]) == (413, False)
        assert "64 KiB" in answer.json()["error"]


async def test_without_redis_a_comment_is_to_be_sent_again() -> None:
    async with door_on(f"redis://127.0.0.1:{free_port()}") as door:
        answers = [await door.post(), await door.http.get("/healthz")]
    for answer in answers:
        assert (answer.status_code, answer.json()["ok"]) == (503, False)
        assert answer.headers["retry-after"] == "1"
        assert "nothing was kept" in answer.json()["error"]


async def test_a_full_redis_pushes_back(door: Door) -> None:
    await door.redis.config_set("maxmemory", 1)
    try:
        answer = await door.post()
    finally:
        await door.redis.config_set("maxmemory", 0)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert (await door.post()).status_code == 200
    assert len(await door.entries()) == 1


async def test_more_comments_at_once_than_connections_wait_for_one(door: Door) -> None:
    answers = await asyncio.gather(*(door.post() for _ in range(200)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await door.entries()) == 200


async def test_the_gateway_is_well_while_redis_answers(door: Door) -> None:
    answer = await door.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


def undated(answer: httpx.Response) -> dict[str, str]:
    """Its headers, but for the time."""
    return {name: value for name, value in answer.headers.items() if name != "date"}


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.shop+json"])
async def test_what_takes_the_long_way_is_answered_alike(door: Door, kind: str) -> None:
    short = await door.post(message_id="m-1")
    body = orjson.dumps({**GIVEN, "message_id": "m-1"})
    long = await door.http.post("/comments", content=body, headers={"content-type": kind})
    assert (long.status_code, long.content) == (200, short.content)
    assert undated(long) == undated(short)
    assert len(await door.entries()) == 1


async def test_what_is_not_admitted_is_answered_alike_on_either_way(door: Door) -> None:
    door.gate.open_doors = False
    body = orjson.dumps(GIVEN)
    kinds = ("application/json", "application/json; charset=utf-8")
    short, long = [
        await door.http.post("/comments", content=body, headers={"content-type": kind}) for kind in kinds
    ]
    assert (short.status_code, short.content) == (401, long.content)
    assert undated(short) == undated(long)
