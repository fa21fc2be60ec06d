"""Events that are signed and not as they should be: whatever is wrong, they are taken, or refused in words."""

from __future__ import annotations

import copy
import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.contract.webhook_door import Event, WebhookDoor, carded, linked

READ = ("id", "mode", "payment_status", "payment_intent", "status", "customer", "setup_intent", "metadata")
PATHS = (
    *((name,) for name in ("id", "type", "object", "api_version", "created", "livemode", "request", "data")),
    ("data", "object"),
    *(("data", "object", name) for name in (*READ, "object", "amount", "last_payment_error")),
    *(("data", "object", "metadata", name) for name in ("order_uuid", "attempt", "onboarding")),
    *(("data", "object", "last_payment_error", name) for name in ("code", "decline_code", "message")),
)
GONE = object()
TEXTS = (
    "",
    "\0",
    "\ud800",
    "x" * 6_000,
    "../refunds",
    "re_1?expand[]=charge",
    "é",
    "succeeded",
    "setup",
    "paid",
)
SETUP = {"object": "checkout.session", "mode": "setup", "payment_status": "no_payment_required"}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
async def seen(door: WebhookDoor) -> dict[str, Event]:
    """An event of every kind that moves something, of orders that are there."""
    paid, failing, lost = (
        await linked(door),
        await carded(door, "pm_card_chargeCustomerFail"),
        await linked(door),
    )
    events = [await door.pay_link(paid)]
    payment = (await door.order(await carded(door)))["payment_id"]
    await door.payments.refund(payment, 1999, uuid4().hex)
    events += [
        await door.told(kind, payment_intent=payment) for kind in ("charge.refunded", "refund.created")
    ]
    events.append(await door.told("payment_intent.succeeded", id=payment))
    [decline] = [each for each in door.sandbox.ledger()["declines"] if each["order"] == failing.order_number]
    events.append(await door.told("payment_intent.payment_failed", id=decline["payment_intent"]))
    session = (await door.order(lost))["checkout_session"]
    await door.payments.expire_checkout(session)
    events.append(await door.told("checkout.session.expired", id=session))
    disputed = (await door.order(await carded(door, "pm_card_createDispute")))["payment_id"]
    events.append(await door.told("charge.dispute.created", payment_intent=disputed))
    return {event["type"]: event for event in events}


def altered(event: Event, changes: dict[tuple[str, ...], Any]) -> Event:
    """The event under a new id, with other things in these places; where GONE, with nothing."""
    event = {**copy.deepcopy(event), "id": f"evt_{uuid4().hex}"}
    for path, value in changes.items():
        inner: Any = event
        for name in path[:-1]:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            if value is GONE:
                inner.pop(path[-1], None)
            else:
                inner[path[-1]] = value
    return event


async def is_answered(door: WebhookDoor, event: Event) -> None:
    """Taken, or refused in words; what the provider does not know is to be sent again. Anything else is raised."""
    answer = await door.post_raw(json.dumps(event).encode())
    assert answer.status_code in (200, 400, 503)
    assert "ok" in answer.json()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(0, 6),
    changes=st.dictionaries(st.sampled_from(PATHS), anything | st.just(GONE), min_size=1, max_size=3),
)
@example(number=0, changes={("data", "object", "metadata"): []})
@example(number=3, changes={("data", "object", "metadata", "order_uuid"): [1]})
@example(number=4, changes={("data", "object", "last_payment_error"): "no"})
@example(number=4, changes={("data", "object", "status"): GONE})
@example(number=2, changes={("data", "object", "id"): ""})
@example(number=0, changes={("data", "object", "id"): "\0"})
@example(number=0, changes={("id",): "evt_\0"})
@example(number=5, changes={("id",): "\ud800"})
async def test_no_event_that_is_signed_breaks_the_door(
    door: WebhookDoor, seen: dict[str, Event], number: int, changes: dict[tuple[str, ...], Any]
) -> None:
    kind = sorted(seen)[number]
    await is_answered(door, altered(seen[kind], changes))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from(READ), anything, min_size=1, max_size=3))
async def test_no_session_that_saves_a_card_breaks_the_door(
    door: WebhookDoor, changes: dict[str, Any]
) -> None:
    ours = {"customer": "cus_1", "setup_intent": "seti_1", "metadata": {"onboarding": str(uuid4())}}
    session = {"id": "cs_1", **SETUP, **ours, **changes}
    event = {"id": f"evt_{uuid4().hex}", "object": "event", "type": "checkout.session.completed"}
    await is_answered(door, {**event, "data": {"object": session}})


async def test_no_event_is_too_deep(door: WebhookDoor, seen: dict[str, Event]) -> None:
    for depth in (10, *range(50, 1_000, 50), 5_000):
        for deep in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
            event = json.dumps(altered(seen["refund.created"], {("data", "object", "deep"): "DEEP"}))
            answer = await door.post_raw(event.replace('"DEEP"', deep).encode())
            assert answer.status_code == 200 if depth == 10 else answer.status_code in (200, 400)


async def test_what_is_wrong_is_said(door: WebhookDoor, seen: dict[str, Event]) -> None:
    event = altered(seen["payment_intent.succeeded"], {("data", "object", "metadata"): [1]})
    answer = await door.post_raw(json.dumps(event).encode())
    assert answer.json()["error"].startswith(
        "This webhook is refused: what it is about can't be read (metadata: "
    )
