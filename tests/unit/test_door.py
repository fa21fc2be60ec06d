"""What every door does, whatever it serves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel
from redis.exceptions import ConnectionError
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from stages.adapters.database import DatabaseUnavailable
from stages.doors.body_limit import BodyLimit
from stages.doors.door import create_door
from stages.doors.gate import Caller, Gate
from stages.doors.health import Probe

OPEN = Gate(None, open_doors=True)


class Thing(BaseModel):
    number: int


@asynccontextmanager
async def door(
    gate: Gate = OPEN, breaks: Exception | None = None, **given: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A door with a route that breaks, one that takes a body, and one that asks for a key."""
    router, orderer = APIRouter(), Depends(gate.needs("orders"))

    @router.get("/breaks")
    async def break_down() -> None:
        assert breaks is not None
        raise breaks

    @router.post("/things")
    async def take(thing: Thing) -> int:
        return thing.number

    @router.post("/large")
    async def large(request: Request) -> int:
        return len(await request.body())

    @router.get("/who")
    async def who(caller: Caller = orderer) -> str:
        return caller.name

    app = create_door("a door", router, gate=gate, **given)
    transport = httpx.ASGITransport(app, raise_app_exceptions=breaks is None)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        yield http


def raising(error: Exception) -> Probe:
    async def probe() -> None:
        raise error

    return probe


async def test_a_door_is_ready_once_all_that_it_needs_answers() -> None:
    async def well() -> None:
        """It answers."""

    ready = {
        "Postgres": raising(DatabaseUnavailable("gone")),
        "Redis": well,
        "Stripe": raising(TimeoutError()),
    }
    async with door(ready=ready) as http:
        answer = await http.get("/readyz")
        alive = await http.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "error": "These do not answer: Postgres, Stripe."}
    assert alive.json() == {"ok": True}


async def test_a_part_that_does_not_answer_at_all_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stages.doors.health._PROBE_SECONDS", 0.01)
    async with door(ready={"Postgres": asyncio.Event().wait}) as http:
        assert (await http.get("/readyz")).status_code == 503


async def test_a_door_is_up_once_its_essential_store_answers() -> None:
    async with door(alive=raising(ConnectionError())) as http:
        answer = await http.get("/healthz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(
    "error", [DatabaseUnavailable("postgres at 10.0.0.7 is gone"), ConnectionError("at 10.0.0.7")]
)
async def test_what_is_away_is_answered_503_and_not_described(error: Exception) -> None:
    async with door(breaks=error) as http:
        answer = await http.get("/breaks")
    assert (answer.status_code, answer.json()["ok"], answer.headers["retry-after"]) == (503, False, "1")
    assert "10.0.0.7" not in answer.text


async def test_what_nobody_thought_of_is_logged_and_tells_outsiders_nothing() -> None:
    with capture_logs() as logs:
        async with door(breaks=ZeroDivisionError("of a secret")) as http:
            answer = await http.get("/breaks")
    assert answer.status_code == 500
    assert answer.json() == {"ok": False, "error": "Something went wrong here; it was logged."}
    assert [(each["kind"], each["path"]) for each in logs] == [("ZeroDivisionError", "/breaks")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"number": "x"}', "number: Input should be a valid integer"),
        (b"{", "The body is not JSON"),
        (b"\xff", "The body is not JSON in UTF-8."),
        (b"[]", "The body must be a JSON object"),
        (b"", "The body must be a JSON object"),
    ],
)
async def test_a_body_that_is_not_right_is_answered_422_in_words(body: bytes, said: str) -> None:
    async with door() as http:
        answer = await http.post("/things", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(said)


async def test_a_path_may_take_longer_bodies_than_the_others() -> None:
    async with door(body_limit=1024, body_limits={"/large": 2048}) as http:
        statuses = [
            (await http.post(path, content=b"x" * 2048)).status_code for path in ("/large", "/things")
        ]
        over = await http.post("/large", content=b"x" * 2049)
    assert statuses == [200, 413]
    assert (over.status_code, over.json()["error"]) == (413, "The body is longer than 2 KiB.")


async def received(*messages: Message, **limits: Any) -> tuple[list[bytes], list[int]]:
    """The bodies that a server's messages come down to, and the statuses of refusals. Nothing
    comes after them."""
    bodies, statuses, coming = [], [], iter(messages)

    async def receive() -> Message:
        if (message := next(coming, None)) is None:
            await asyncio.Event().wait()
        assert message is not None
        return message

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        bodies.append((await receive())["body"])

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "path": "/", "headers": []}
    await BodyLimit(app, 1024, **limits)(scope, receive, send)
    return bodies, statuses


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_that_breaks_off_is_none() -> None:
    gone: Message = {"type": "http.disconnect"}
    assert await received(part(b"a line\n", more=True), part(b"the next")) == ([b"a line\nthe next"], [])
    assert await received(part(b"a line\n", more=True), gone) == ([], [])


async def test_a_body_that_does_not_come_to_its_end_is_given_up() -> None:
    assert await received(part(b"a", more=True), read_seconds=0.01) == ([], [408])


async def test_what_is_sent_at_once_is_bounded_and_what_was_dealt_with_is_forgotten() -> None:
    taken: list[int] = []
    entered, leave = asyncio.Event(), asyncio.Event()

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        taken.append(len((await receive())["body"]))
        entered.set()
        await leave.wait()

    limit = BodyLimit(app, 1024, most_held=1024)
    refusals: list[Message] = []

    async def post(size: int) -> None:
        coming = iter([part(b"x" * size)])

        async def receive() -> Message:
            return next(coming)

        async def send(message: Message) -> None:
            refusals.append(message)

        await limit({"type": "http", "path": "/", "headers": []}, receive, send)

    first = asyncio.create_task(post(1000))
    await entered.wait()
    await post(25)
    assert (taken, refusals[0]["status"]) == ([1000], 503)
    assert (b"retry-after", b"1") in refusals[0]["headers"]
    leave.set()
    await first
    await post(1024)
    assert taken == [1000, 1024]


async def test_the_document_says_where_a_key_is_needed_and_where_it_may_be_left_out() -> None:
    async with door() as http:
        open_door = (await http.get("/openapi.json")).json()["paths"]
    async with door(Gate(None)) as http:
        shut_door = (await http.get("/openapi.json")).json()["paths"]
        refused = await http.get("/who")
    assert open_door["/who"]["get"]["security"] == [{"key": []}, {}]
    assert shut_door["/who"]["get"]["security"] == [{"key": []}]
    assert "security" not in shut_door["/healthz"]["get"]
    assert refused.status_code == 401


async def test_the_document_comes_without_a_page_whose_scripts_lie_elsewhere() -> None:
    async with door() as http:
        statuses = [(await http.get(path)).status_code for path in ("/openapi.json", "/docs", "/redoc")]
    assert statuses == [200, 404, 404]


async def test_pages_for_people_have_no_document() -> None:
    async with door(documented=False) as http:
        assert (await http.get("/openapi.json")).status_code == 404


async def test_a_door_answers_in_its_own_words_where_it_has_some() -> None:
    async def said(_: Request, __: Exception) -> Response:
        return PlainTextResponse("the oven is cold", 418)

    async with door(breaks=ConnectionError(), replies={ConnectionError: said}) as http:
        answer = await http.get("/breaks")
    assert (answer.status_code, answer.text) == (418, "the oven is cold")
