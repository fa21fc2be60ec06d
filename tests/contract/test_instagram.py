"""Instagram's webhook: only what Meta has signed comes in, each live comment once, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from pipeline.engines.redis.backlog import Backlog
from pipeline.engines.redis.comment_log import CommentLog
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.offer import OfferBounds
from stages.backbone import DOOR as READER
from stages.doors.comment_door import CommentDoor
from stages.doors.door import create_door
from stages.doors.gate import Gate
from stages.doors.gateway import REPLIES
from stages.doors.high_water import HighWater
from stages.doors.instagram_webhooks import BODY_LIMIT, PATH, InstagramInbox, instagram_routes
from stages.doors.rate_limits import RateLimits
from stages.sources import Sources
from tests.contract.recorded import recording
from tests.contract.troubled import TroubledValkey, full

SECRET, TOKEN = "the app's secret", "what we told Meta"
SOURCES = Sources({"instagram": "a key"}, frozenset({"instagram"}))
SHOW = recording("instagram")
NOW = datetime(2026, 11, 22, 20, 0, 30, tzinfo=UTC)
WRITTEN = [
    ("17900000000000001", "emma_r", "623000000000001", "love this 😍"),
    ("17900000000000002", "noah.k", "623000000000002", "I want to buy the denim jacket, size S"),
    ("17900000000000003", "ana.lima", "623000000000003", "quero! tamanho M"),
    ("17900000000000005", "emma_r", "623000000000001", "2 please! 🛍️"),
    ("17900000000000007", "623000000000005", "623000000000005", "mine!!"),
    ("17900000000000008", "noah.k", "623000000000002", "add one hat"),
]


class Webhook:
    """The gateway as Meta sees it, and the stream behind it."""

    def __init__(self, http: httpx.AsyncClient, redis: Any) -> None:
        self.http, self.redis = http, redis

    async def notify(self, notification: Any, secret: str = SECRET) -> httpx.Response:
        """As Meta sends it: its JSON has escapes for what is not ASCII, and is signed as it stands."""
        body = json.dumps(notification).encode()
        return await self.post(body, "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest())

    async def post(self, body: bytes, signature: str) -> httpx.Response:
        headers = {"X-Hub-Signature-256": signature, "Content-Type": "application/json"}
        return await self.http.post("/webhooks/instagram", content=body, headers=headers)

    async def entries(self) -> list[dict[str, str]]:
        raw = await self.redis.xrange("comments_stream")
        return [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in raw]


@asynccontextmanager
async def webhook_on(
    url: str, *, per_viewer: str = "", patience_seconds: float = 0.5
) -> AsyncIterator[Webhook]:
    redis, keys = connect(url), Keys()
    limits = RateLimits.of(per_key="", per_viewer=per_viewer)
    door = CommentDoor(
        CommentLog(redis, keys, OfferBounds(60, per_speaker=limits.viewer_rate)),
        limits,
        keys,
        1,
        SOURCES,
        HighWater(Backlog(redis, keys.comments, READER).unread, 50_000, lambda: 0.0),
        lambda: NOW,
        patience_seconds,
        first="intent",
    )
    inbox = InstagramInbox(door, {SHOW["account"]: "maya.closet"}, lambda: NOW)
    routes = instagram_routes(inbox, app_secret=SECRET, verify_token=TOKEN)
    app = create_door("gateway", routes, gate=Gate(None), replies=REPLIES, body_limits={PATH: BODY_LIMIT})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://shop.example") as http:
        yield Webhook(http, redis)
    await redis.aclose()


@pytest.fixture
async def webhook(redis_url: str) -> AsyncIterator[Webhook]:
    async with webhook_on(redis_url) as opened:
        yield opened


def subscription(**changed: str) -> dict[str, str]:
    return {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444", **changed}


async def test_the_challenge_is_answered_to_whoever_knows_the_verify_token(webhook: Webhook) -> None:
    answer = await webhook.http.get("/webhooks/instagram", params=subscription())
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.verify_token": "a guess"},
        {"hub.verify_token": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
    ],
)
async def test_nobody_else_gets_an_answer_to_a_challenge(webhook: Webhook, changed: dict[str, str]) -> None:
    answer = await webhook.http.get("/webhooks/instagram", params=subscription(**changed))
    assert answer.status_code == 403
    assert "1158201444" not in answer.text


async def test_without_a_verify_token_no_challenge_is_answered(webhook: Webhook) -> None:
    routes = instagram_routes(None, app_secret=SECRET, verify_token="")  # type: ignore[arg-type]  # never asked
    app = create_door("gateway", routes, gate=Gate(None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://shop.example") as http:
        answer = await http.get("/webhooks/instagram", params=subscription(**{"hub.verify_token": ""}))
    assert answer.status_code == 403


async def test_of_a_show_each_live_comment_comes_in_once_signed_and_nothing_else(webhook: Webhook) -> None:
    before = left_out("maya.closet")
    for notification in [each for each in SHOW["notifications"] for _ in range(2)]:  # Meta may deliver twice
        assert (await webhook.notify(notification)).status_code == 200
    entries = await webhook.entries()
    assert [
        (entry["message_id"], entry["client"], entry["client_id"], entry["message"]) for entry in entries
    ] == WRITTEN
    assert {(entry["platform"], entry["streamer"]) for entry in entries} == {("instagram", "maya.closet")}
    assert {SOURCES.vouch(entry) for entry in entries} == {("instagram", True)}
    assert entries[0]["timestamp"] == "2026-11-22T20:00:00+00:00"
    ignored = left_out("maya.closet")
    ignored.subtract(before)
    assert +ignored == {"comments": 2, "messages": 2, "story_insights": 2, "other": 2, "without words": 2}


def left_out(streamer: str) -> Counter[str]:
    """What /metrics says of events that were no comments, by their kind."""
    samples = [sample for metric in REGISTRY.collect() for sample in metric.samples]
    return Counter(
        {
            sample.labels["kind"]: int(sample.value)
            for sample in samples
            if sample.name == "tiktoksales_connector_ignored_total"
            and (sample.labels["platform"], sample.labels["streamer"]) == ("instagram", streamer)
        }
    )


async def test_the_answer_counts_what_was_taken_and_what_was_left_out(webhook: Webhook) -> None:
    answers = [(await webhook.notify(each)).json() for each in SHOW["notifications"]]
    assert [(each["taken"], each["left_out"]) for each in answers] == [
        (1, 0), (2, 0), (0, 1), (1, 1), (0, 1), (0, 2), (1, 0), (1, 0), (0, 1),
    ]  # fmt: skip


async def test_what_meta_has_not_signed_is_refused(webhook: Webhook) -> None:
    body = json.dumps(SHOW["notifications"][0]).encode()
    good = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    unescaped = json.dumps(SHOW["notifications"][0], ensure_ascii=False).encode()
    sha1 = "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    refused = [
        await webhook.notify(SHOW["notifications"][0], secret="another app's"),
        await webhook.notify(SHOW["notifications"][0], secret=""),
        *[
            await webhook.post(body, header)
            for header in ("", "sha256=", good[7:], good.upper(), good + "0", sha1)
        ],
        await webhook.post(unescaped, good),  # the same JSON, but not the same bytes
        await webhook.post(body + b" ", good),
        await webhook.post(b"", good),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert await webhook.entries() == []
    assert (await webhook.post(body, good)).status_code == 200


@pytest.mark.parametrize("said", [[], "x", 1, None, {}, {"object": "page", "entry": []}])
async def test_what_is_signed_but_no_notification_is_refused(webhook: Webhook, said: Any) -> None:
    assert (await webhook.notify(said)).status_code == 400


@pytest.mark.parametrize(
    "entry",
    [
        7, {}, {"id": 7, "changes": [7]}, {"changes": {"field": "live_comments"}}, {"messaging": "x"},
        {"id": SHOW["account"], "changes": [{"field": "live_comments", "value": 7}]},
        {"id": SHOW["account"], "changes": [{"field": "live_comments", "value": {"text": "no id", "from": 7}}]},
        {"id": SHOW["account"], "changes": [{"field": ["live_comments"]}]},
        {"id": SHOW["account"], "time": 10**30, "changes": []},
    ],
)  # fmt: skip
async def test_an_entry_that_makes_no_sense_is_left_out(webhook: Webhook, entry: Any) -> None:
    answer = await webhook.notify({"object": "instagram", "entry": [entry]})
    assert (answer.status_code, answer.json()["taken"]) == (200, 0)
    assert await webhook.entries() == []


async def test_a_full_bundle_of_long_comments_is_taken_whole_and_cut_to_what_a_comment_may_be(
    webhook: Webhook,
) -> None:
    changes = [
        {
            "field": "live_comments",
            "value": {
                "id": f"1{n}",
                "from": {"id": f"6{n}", "username": "ana"},
                "text": "💕" * 199 + "x" * 2000,
            },
        }
        for n in range(1_000)
    ]
    notification = {"object": "instagram", "entry": [{"id": SHOW["account"], "time": 1, "changes": changes}]}
    assert (await webhook.notify(notification)).json()["taken"] == 1_000
    entries = await webhook.entries()
    assert len(entries) == 1_000
    assert {len(entry["message"]) for entry in entries} == {2_000}


async def test_a_viewer_who_floods_is_left_out_and_nobody_else(redis_url: str) -> None:
    async with webhook_on(redis_url, per_viewer="2/minute") as webhook:
        values = [
            {"id": f"1{n}", "from": {"id": who, "username": who}, "text": f"mine {n}"}
            for n, who in enumerate(["spam", "spam", "ana", "spam", "spam", "bo"])
        ]
        changes = [{"field": "live_comments", "value": value} for value in values]
        notification = {"object": "instagram", "entry": [{"id": SHOW["account"], "changes": changes}]}
        answer = await webhook.notify(notification)
        assert (answer.status_code, answer.json()["taken"], answer.json()["left_out"]) == (200, 4, 2)
        assert [entry["client"] for entry in await webhook.entries()] == ["spam", "spam", "ana", "bo"]


async def test_while_redis_is_away_meta_is_told_to_come_again_and_each_comment_counts_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with TroubledValkey(tmp_path_factory.mktemp("instagram")) as server:
        async with webhook_on(server.url) as webhook:
            for notification in SHOW["notifications"][:2]:
                assert (await webhook.notify(notification)).status_code == 200
            async with full(server):
                refused = await webhook.notify(SHOW["notifications"][3])
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) >= 1
            for notification in SHOW["notifications"]:
                assert (await webhook.notify(notification)).status_code == 200
            assert [entry["message_id"] for entry in await webhook.entries()] == [each[0] for each in WRITTEN]
