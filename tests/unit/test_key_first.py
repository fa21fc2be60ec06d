"""Whoever shows no key hears of that, and not of their body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from stages.api_key import Scope
from stages.doors.comment_batch import PATH as BATCH
from stages.doors.comment_batch import batch_routes
from stages.doors.door import create_door
from stages.doors.gate import Caller, Gate
from stages.doors.gateway import comment_routes
from stages.doors.intent_face import intent_routes
from stages.doors.order_face import order_routes
from stages.doors.pins import pin_routes
from stages.doors.vision_face import vision_routes

ROUTES = (comment_routes, batch_routes, order_routes, pin_routes, intent_routes, vision_routes)
UNREADABLE = (b"{", b'{"streamer": "\xff"}', b"[" * 5_000)


async def answered(gate: Gate, body: bytes) -> dict[str, int]:
    """What each door that takes a body answers to this one, by its path."""
    nobody: Any = None  # is behind the doors: no request gets that far
    app = create_door("every door", *(routes(nobody, gate) for routes in ROUTES), gate=gate)
    headers = {"content-type": "application/json"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        paths = (await http.get("/openapi.json")).json()["paths"]
        posts = [path for path, operations in paths.items() if "post" in operations]
        return {path: (await http.post(path, content=body, headers=headers)).status_code for path in posts}


@pytest.mark.parametrize("body", UNREADABLE, ids=["cut off", "not UTF-8", "too deep"])
async def test_a_body_that_nobody_can_read_is_looked_at_only_for_whoever_shows_a_key(body: bytes) -> None:
    without_a_key = await answered(Gate(None), body)
    assert len(without_a_key) == len(ROUTES)
    assert set(without_a_key.values()) == {401}
    with_one = await answered(Gate(None, open_doors=True), body)
    del with_one[BATCH]  # a batch is taken, and each of its lines answered by itself
    assert set(with_one.values()) == {422}


async def test_who_shows_a_key_is_looked_up_once_for_a_request() -> None:
    class Counting(Gate):
        asked = 0

        async def admit(self, headers: Mapping[str, str], *scopes: Scope) -> Caller:
            self.asked += 1
            return await super().admit(headers, *scopes)

    gate = Counting(None, open_doors=True)
    assert (await answered(gate, b"{")).keys()
    assert gate.asked == len(ROUTES)
    gate.asked = 0
    assert await answered(gate, b"{}")
    assert gate.asked == len(ROUTES)
