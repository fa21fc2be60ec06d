"""The gateway while Redis can't take comments: 503, and nothing is kept that was answered so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from unittest.mock import Mock

import httpx
import pytest

from pipeline.stage import PUBLIC_STREAM, Limits
from stages.adapters.database.comments import Comments
from stages.backbone import DOOR as READER
from stages.ingest import comment_id, ingest_stage
from tests.contract.door import SOURCES, door_on
from tests.contract.lossy_line import losing_answers
from tests.contract.troubled import TROUBLES, Trouble, TroubledValkey


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TroubledValkey]:
    with TroubledValkey(tmp_path_factory.mktemp("troubled")) as started:
        yield started


@pytest.fixture(autouse=True)
def _empty(server: TroubledValkey) -> None:
    with server.client() as client:
        client.flushall()


def assert_pushed_back(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["ok"]) == (503, False)
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["error"]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
async def test_trouble_with_redis_is_answered_503_and_forgotten_once_it_is_over(
    server: TroubledValkey, trouble: Trouble
) -> None:
    async with door_on(server.url) as door:
        assert (await door.post(message_id="before")).status_code == 200
        async with trouble(server):
            answers = await asyncio.gather(*(door.post(message_id=f"during {n}") for n in range(3)))
        for answer in answers:
            assert_pushed_back(answer)
            assert "not kept" in answer.json()["error"] or "nothing was kept" in answer.json()["error"]
        assert (await door.post(message_id="after")).status_code == 200
        assert [entry["message_id"] for entry in await door.entries()] == ["before", "after"]


async def test_over_the_high_water_mark_comments_are_pushed_back_until_the_group_has_read(
    server: TroubledValkey,
) -> None:
    async with door_on(server.url, mark=2) as door:
        statuses = [(await door.post()).status_code for _ in range(3)]
        over = await door.post()
        healthy = await door.http.get("/healthz")
        await door.redis.xgroup_create("comments_stream", READER, "0")
        await door.redis.xreadgroup(READER, "one", {"comments_stream": ">"}, count=1)
        again = await door.post()
        assert len(await door.entries()) == 4
    assert statuses == [200, 200, 200]  # two may wait, and the third comes in while two do
    assert_pushed_back(over)
    assert over.json()["error"].startswith("More than 2 comments wait")
    assert healthy.status_code == 200
    assert again.status_code == 200


async def test_the_mark_holds_where_an_entry_was_deleted_and_redis_knows_no_lag(
    server: TroubledValkey,
) -> None:
    async with door_on(server.url, mark=2) as door:
        for _ in range(3):
            await door.post()
        await door.redis.xgroup_create("comments_stream", READER, "0")
        [(last, _)] = await door.redis.xrevrange("comments_stream", count=1)
        await door.redis.xdel("comments_stream", last)
        answers = [await door.post(), await door.post()]
    assert answers[0].status_code == 200
    assert_pushed_back(answers[1])


async def test_a_comment_whose_answer_stays_lost_counts_once_when_it_is_sent_again(
    server: TroubledValkey,
) -> None:
    async with losing_answers(server.url, to=b"offered:") as url, door_on(url) as door:
        lost = await door.post()
    assert_pushed_back(lost)
    assert "may or may not have been kept" in lost.json()["error"]
    said = lost.json()["error"].split('"message_id": "')[1].split('"')[0]
    async with door_on(server.url) as door:
        [kept] = await door.entries()
        again = await door.post(message_id=said)
        assert again.status_code == 200
        assert again.headers["comment-id"] == str(comment_id("", kept["platform"], kept))
        assert await door.entries() == [kept]


async def test_a_lost_answer_is_asked_for_again_and_the_comment_stands_once(server: TroubledValkey) -> None:
    async with losing_answers(server.url, to=b"offered:", times=2) as url, door_on(url) as door:
        answers = await asyncio.gather(*(door.post(message_id=f"m-{n}") for n in range(5)))
        assert [answer.status_code for answer in answers] == [200] * 5
        assert [entry["message_id"] for entry in await door.entries()] == [f"m-{n}" for n in range(5)]


def test_the_gateway_looks_at_the_group_of_the_stage_that_reads_its_stream() -> None:
    stage = ingest_stage(Limits(timeout_seconds=1), store=Mock(spec=Comments), sources=SOURCES)
    assert (stage.name, stage.stream) == (READER, PUBLIC_STREAM)
