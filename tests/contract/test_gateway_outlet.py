"""A connector that reaches no Redis pushes by the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from stages.connectors.away import Away, Refused
from stages.connectors.gateway_outlet import GatewayOutlet
from tests.contract.door import Door, door_on
from tests.contract.platform import SAID_AT, said


@pytest.fixture
async def door(redis_url: str) -> AsyncIterator[Door]:
    async with door_on(redis_url) as door:
        yield door


async def test_comments_retractions_and_pins_go_through_the_gateway_in_their_order(door: Door) -> None:
    batch = [said("1"), said("1", kind="retract"), said("2", kind="pin"), said("3")]
    assert await GatewayOutlet(door.http).push(batch) == 4
    entries = await door.entries()
    assert [(entry.get("kind", "comment"), entry["message_id"]) for entry in entries] == [
        ("comment", "1"),
        ("retract", "1"),
        ("pin", "2"),
        ("comment", "3"),
    ]
    assert (entries[0]["client_id"], entries[0]["timestamp"]) == ("69379", SAID_AT.isoformat())


async def test_what_is_pushed_again_stands_once(door: Door) -> None:
    outlet = GatewayOutlet(door.http)
    await outlet.push([said("1"), said("2")])
    assert await outlet.push([said("1"), said("2"), said("3")]) == 3
    assert [entry["message_id"] for entry in await door.entries()] == ["1", "2", "3"]


async def test_what_the_gateway_refuses_costs_its_neighbours_nothing(door: Door) -> None:
    assert await GatewayOutlet(door.http).push([said("1"), said("2", streamer="x" * 201), said("3")]) == 2
    assert [entry["message_id"] for entry in await door.entries()] == ["1", "3"]


async def test_over_the_limit_of_its_key_it_goes_on_as_fast_as_it_may(redis_url: str) -> None:
    async with door_on(redis_url, per_key="4/second") as door:
        batch = [said(str(number)) for number in range(9)]
        assert await GatewayOutlet(door.http).push(batch) == 9
        assert {entry["message_id"] for entry in await door.entries()} == {str(number) for number in range(9)}


async def test_a_viewer_that_floods_is_not_waited_for(redis_url: str) -> None:
    async with door_on(redis_url, per_viewer="2/hour") as door:
        assert await GatewayOutlet(door.http).push([said(str(number)) for number in range(5)]) == 2
        assert len(await door.entries()) == 2


async def test_a_recording_waits_until_all_of_it_is_taken(redis_url: str) -> None:
    async with door_on(redis_url, per_viewer="2/second") as door:
        outlet = GatewayOutlet(door.http, patient=True)
        assert await outlet.push([said(str(number)) for number in range(3)]) == 3
        assert len(await door.entries()) == 3


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> GatewayOutlet:
    return GatewayOutlet(
        httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://gateway.test")
    )


@pytest.mark.parametrize("status", [401, 403, 404, 413])
async def test_a_door_that_is_closed_to_it_ends_the_connector(status: int) -> None:
    outlet = answering(lambda _: httpx.Response(status, json={"ok": False, "error": "Not you."}))
    with pytest.raises(Refused, match="Not you"):
        await outlet.push([said("1")])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_door_that_takes_nothing_now_is_tried_again_when_it_says(status: int) -> None:
    outlet = answering(lambda _: httpx.Response(status, headers={"Retry-After": "7"}, text="<html>"))
    with pytest.raises(Away) as away:
        await outlet.push([said("1")])
    assert away.value.after == 7


async def test_a_gateway_that_took_only_a_part_is_told_all_of_it_again() -> None:
    kept = {"ok": True, "queued_to": "intent:{0}"}
    away = {"ok": False, "status": 503, "error": "The queue went away.", "retry_after_seconds": 2}
    outlet = answering(lambda _: httpx.Response(200, json={"ok": False, "results": [kept, away]}))
    with pytest.raises(Away, match="only a part") as raised:
        await outlet.push([said("1"), said("2")])
    assert raised.value.after == 2


async def test_a_gateway_nobody_answers_at_is_waited_for() -> None:
    async with GatewayOutlet.open("http://127.0.0.1:1", "") as outlet:
        with pytest.raises(Away, match="is away"):
            await outlet.push([said("1")])


async def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(Refused, match="no address of a gateway"):
        async with GatewayOutlet.open("gateway.test", ""):
            pass
