"""What becomes of an entry, given its handler's outcome."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.dead_letter import read_dead_letter
from pipeline.decision import Decider, Work, derived_id, partition_of
from pipeline.envelope import Envelope, traceparent
from pipeline.events import EndState
from pipeline.settlement import Append, Counted, Delivery, Failure, Postponed, Settled, Settlement, Step
from pipeline.stage import Door, Drop, Emit, Limits, Opened, Outcome, Reject, Retry, Stage
from schemas.codec import decode
from schemas.records import Record

ID = "11111111-2222-5333-8444-555555555555"
NOW = 1_790_000_000.0
NOW_MS = 1_790_000_000_000
RAW = {b"d": b"\xff raw"}


class Item(Record):
    """The record of these tests."""

    number: int


class OfStreamer(Item):
    """One that belongs to a streamer."""

    streamer: str


async def content(item: Item) -> Outcome:
    return Emit(item)


DOOR: Door[Any] = Door(opens=lambda seq, fields: Opened(ID, "", "", Item(number=1)))
"""Marks a stage of these tests as the first."""


def decider(*, emits: str | None = "second", **changed: Any) -> Decider:
    limits = Limits(timeout_seconds=1, max_attempts=3, backoff_seconds=2, backoff_cap_seconds=60)
    stage = Stage(name="first", consumes=Item, emits=emits, limits=limits, one=content, **changed)
    return Decider(stage, clock=lambda: NOW, random=lambda: 0.5)


def work(*, attempts: int = 0, first_failed_ms: int = 0) -> Work:
    envelope = Envelope(
        id=ID, seq="7-0", at="2026-01-01T00:00:00+00:00", trace=traceparent(ID), hops=b"[]", data=b""
    )
    delivery = Delivery("9-0", RAW, attempts, first_failed_ms)
    return Work(delivery, envelope, Item(number=1), partition=0, received_ms=NOW_MS - 5)


def fields_of(append: Append) -> dict[str, Any]:
    parts = append.fields
    return {str(name): value for name, value in zip(parts[::2], parts[1::2], strict=True)}


def state_of(append: Append) -> dict[str, Any]:
    state: dict[str, Any] = orjson.loads(fields_of(append)["d"])
    return state


def settled(settlement: Settlement) -> tuple[Append, ...]:
    assert not isinstance(settlement, Postponed)
    assert settlement.entry_id == "9-0"
    return settlement.appends


def test_what_is_emitted_goes_to_the_next_stage_with_one_more_hop_and_is_the_same_comment() -> None:
    came, record = work(), Item(number=2)
    came = replace(came, envelope=replace(came.envelope, head=b"as it was packed"))
    [append] = settled(decider().decide(came, Emit(record, note={"score": 0.9})))
    assert (append.stream, append.partition) == ("second", 0)
    hops = orjson.dumps([["first", NOW_MS - 5, NOW_MS, {"score": 0.9}]])
    assert append.content == replace(came.envelope, hops=hops, data=b'{"number":2}', record=record)


def test_a_stage_may_name_another_successor() -> None:
    [append] = settled(decider().decide(work(), Emit(Item(number=2), to="review")))
    assert append.stream == "review"


def test_what_the_last_stage_emits_is_the_good_end() -> None:
    [append] = settled(decider(emits=None).decide(work(), Emit(Item(number=2))))
    assert append.stream == "events"
    assert state_of(append).items() >= {
        "comment_id": ID, "seq": "7-0", "stage": "first", "outcome": "done", "ended_ms": NOW_MS,
    }.items()  # fmt: skip


def test_a_drop_is_an_end_with_its_reason_and_facts() -> None:
    [append] = settled(decider().decide(work(), Drop("no match", {"score": 0.3})))
    state = state_of(append)
    assert (append.stream, state["outcome"], state["reason"]) == ("events", "dropped", "no match")
    assert state["hops"] == [["first", NOW_MS - 5, NOW_MS, {"score": 0.3}]]


def test_an_end_names_the_streamer_and_says_aside_what_is_in_no_hop() -> None:
    whose = replace(work(), record=OfStreamer(number=1, streamer="maya.closet"))
    [append] = settled(decider().decide(whose, Drop("question", aside={"asked": "how much?"})))
    state = state_of(append)
    assert (state["streamer"], state["aside"]) == ("maya.closet", {"asked": "how much?"})
    assert "how much?" not in str(state["hops"])


def test_a_reject_is_dead_lettered_as_it_came_and_has_an_end() -> None:
    dead, end = settled(decider().decide(work(), Reject("never", "Error", "trace")))
    assert (dead.stream, end.stream, state_of(end)["outcome"]) == ("dead", "events", "rejected")
    letter = fields_of(dead)
    assert (letter["stage"], letter["reason"], letter["error"]) == ("first", "never", "Error")
    assert (letter["attempts"], letter["first_failed_ms"]) == ("1", str(NOW_MS))
    parts = [part.encode() if isinstance(part, str) else part for part in dead.fields]
    assert read_dead_letter(dict(zip(parts[::2], parts[1::2], strict=True))).raw[b"d"] == b"\xff raw"


def test_a_retry_is_due_after_the_backoff() -> None:
    assert decider().decide(work(), Retry("not now")) == Postponed("9-0", NOW_MS + 1000, 1, NOW_MS)
    again = decider().decide(work(attempts=1, first_failed_ms=5), Retry("not now"))
    assert again == Postponed("9-0", NOW_MS + 2000, 2, 5)


def test_a_retry_may_say_when() -> None:
    assert decider().decide(work(), Retry("busy", after=7.5)) == Postponed("9-0", NOW_MS + 7500, 1, NOW_MS)


def test_the_last_attempt_is_dead_lettered_with_the_last_reason() -> None:
    dead, _ = settled(decider().decide(work(attempts=2, first_failed_ms=5), Retry("gone.", error="OSError")))
    letter = fields_of(dead)
    assert letter["reason"] == "gone (given up after 3 attempts)"
    assert (letter["attempts"], letter["first_failed_ms"], letter["error"]) == ("3", "5", "OSError")


def test_a_stage_behind_all_others_leaves_no_end_states() -> None:
    assert settled(decider(records_ends=False).decide(work(), Drop("recorded"))) == ()


@pytest.mark.parametrize("known", [ID, None])
def test_what_could_not_be_read_keeps_the_identity_it_shows_or_gets_one(known: str | None) -> None:
    raw = {b"x": b"\xff"} | ({b"id": known.encode()} if known else {})
    dead, end = settled(decider().refuse(Delivery("9-0", raw), 0, Reject("not JSON")))
    expected = known or str(derived_id("first/9-0"))
    assert fields_of(dead)["comment_id"] == expected
    assert (state_of(end)["comment_id"], state_of(end)["seq"]) == (expected, "9-0")


@pytest.mark.parametrize(
    "claimed",
    [b"", b"\xff", b"not a uuid", b"AAAAAAAA-2222-5333-8444-555555555555", ID.replace("-", "").encode()],
)
def test_a_strange_identity_is_not_taken_over(claimed: bytes) -> None:
    dead, _ = settled(decider().refuse(Delivery("9-0", {b"id": claimed}), 0, Reject("not JSON")))
    assert fields_of(dead)["comment_id"] == str(derived_id("first/9-0"))


def test_an_entry_of_a_newer_release_waits_without_a_failure_on_its_account() -> None:
    left = decider().leave_for_newer_reader(Delivery("9-0", {}, attempts=2, first_failed_ms=5))
    assert left == Postponed("9-0", NOW_MS + 30_000, 2, 5)


@given(st.text(), st.integers(1, 1024))
def test_a_key_has_one_partition_within_bounds(key: str, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions
    assert partition_of(key, partitions) == partition_of(key, partitions)


def test_partitions_and_ids_stay_the_same_over_releases() -> None:
    assert partition_of("maya.closet", 1024) == 0x2D4
    assert derived_id("order/1") == UUID("7ab899c5-118b-5b68-a35f-9800f4bdba40")


@given(st.text())
def test_derived_ids_are_those_of_the_standard(name: str) -> None:
    assert derived_id(name) == uuid5(NAMESPACE_URL, f"tiktoksales:{name}")


def test_what_is_passed_on_as_it_came_keeps_its_bytes() -> None:
    came = work()
    came = replace(came, envelope=replace(came.envelope, data=b'{"number":1,"newer":2}'))
    [passed] = settled(decider().decide(came, Emit(came.record)))
    [changed] = settled(decider().decide(came, Emit(Item(number=1))))
    assert fields_of(passed)["d"] == came.envelope.data
    assert fields_of(changed)["d"] == b'{"number":1}'


def test_an_end_is_read_back_as_an_end_state() -> None:
    [append] = settled(decider().decide(work(), Drop("no", {"score": 0.3}, aside={"asked": "x"})))
    assert decode(EndState, fields_of(append)["d"]) == EndState(
        comment_id=UUID(ID), seq="7-0", stage="first", outcome="dropped", reason="no",
        hops=[["first", NOW_MS - 5, NOW_MS, {"score": 0.3}]], ended_ms=NOW_MS, aside={"asked": "x"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "what", "label"),
    [
        (Emit(Item(number=2)), "emitted", "second"),
        (Emit(Item(number=2), to="review"), "emitted", "review"),
        (Drop("no match"), "dropped", "no match"),
        (Drop("told apart", is_end=False), "dropped", "told apart"),
        (Retry("not now", error="OSError"), "retried", "OSError"),
        (Retry("away", error="Away", counts=False), "put off", "Away"),
        (Reject("never", "Error"), "dead-lettered", "Error"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_happened_is_told_to_the_metrics(outcome: Outcome, what: Any, label: str) -> None:
    counted = decider().decide(work(), outcome).counted
    assert counted
    assert replace(counted, failure=None) == Counted(what, label, "7-0", NOW_MS - 5, traceparent(ID))


@pytest.mark.parametrize(
    ("outcome", "failure"),
    [
        (Emit(Item(number=2)), None),
        (Drop("no match"), None),
        (Retry("not its turn", counts=False, after=1), None),
        (Retry("nobody answers", error="Away", counts=False, after=1), Failure(ID, "nobody answers", 1, NOW_MS + 1000)),
        (Retry("not now", after=1), Failure(ID, "not now", 2, NOW_MS + 1000)),
        (Reject("never", "Error"), Failure(ID, "never", 2)),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)  # fmt: skip
def test_what_failed_is_told_to_the_log_and_what_only_waits_its_turn_is_not(
    outcome: Outcome, failure: Failure | None
) -> None:
    counted = decider().decide(work(attempts=1), outcome).counted
    assert counted
    assert counted.failure == failure


def test_the_good_end_is_told_to_the_metrics_too_and_where_ends_are_no_events() -> None:
    for last in (decider(emits=None), decider(emits=None, records_ends=False)):
        done = last.decide(work(), Emit(Item(number=2))).counted
        assert done == Counted("done", "", "7-0", NOW_MS - 5, traceparent(ID))


def test_the_good_end_has_no_reason() -> None:
    [append] = settled(decider(emits=None).decide(work(), Emit(Item(number=2))))
    assert state_of(append)["reason"] == ""


def test_what_is_no_end_leaves_nothing_but_its_acknowledgement() -> None:
    settlement = decider().decide(work(), Drop("told apart", is_end=False))
    assert settlement == Settled("9-0", (), counted=settlement.counted)


def test_waiting_without_a_failure_keeps_the_account_as_it_was() -> None:
    waits = decider().decide(work(attempts=2, first_failed_ms=5), Retry("away", after=7.5, counts=False))
    assert waits == Postponed("9-0", NOW_MS + 7500, 2, 5)


def test_without_a_time_it_waits_as_after_the_fifth_failure() -> None:
    waits = decider().decide(work(), Retry("away", counts=False))
    assert waits == Postponed("9-0", NOW_MS + 16_000, 0, 0)  # half of 2 s doubled four times


@pytest.mark.parametrize("counts", [True, False])
def test_nothing_waits_longer_than_a_week(counts: bool) -> None:
    waits = decider().decide(work(), Retry("far too long", after=1e9, counts=counts))
    assert isinstance(waits, Postponed)
    assert waits.due_ms == NOW_MS + 7 * 24 * 3600 * 1000


def test_what_is_given_back_is_due_at_once_with_its_account_as_it_was() -> None:
    assert decider().release(Delivery("9-0", {}, attempts=2, first_failed_ms=5)) == Postponed(
        "9-0", NOW_MS, 2, 5
    )


def test_a_dead_letter_says_all_that_is_known() -> None:
    there = replace(work(attempts=1, first_failed_ms=5), partition=3)
    dead, end = settled(decider().decide(there, Reject("never", "Error", "Traceback: line 1")))
    letter = fields_of(dead)
    assert (letter["detail"], letter["partition"], letter["last_failed_ms"]) == (
        "Traceback: line 1",
        "3",
        str(NOW_MS),
    )
    assert (letter["stream"], letter["comment_id"], letter["entry_id"]) == ("first", ID, "9-0")
    assert (dead.partition, end.partition, state_of(end)["reason"]) == (3, 3, "never")
    dead, _ = settled(decider().decide(work(attempts=2), Retry("gone", error="OSError", detail="Traceback")))
    assert fields_of(dead)["detail"] == "Traceback"


def test_an_end_carries_no_hops_beside_its_own() -> None:
    [append] = settled(decider().decide(work(), Drop("no")))
    assert fields_of(append)["hops"] == b"[]"


@pytest.mark.parametrize(
    ("changed", "outcome", "step"),
    [
        ({"door": DOOR}, Emit(Item(number=2)), Step(3, "7-0", begins=True)),
        ({"exclusive": True}, Emit(Item(number=2)), Step(3, "7-0", begins=False)),
        ({}, Emit(Item(number=2)), None),
        ({"door": DOOR}, Drop("no"), None),
        ({}, Drop("no"), Step(3, "7-0", begins=False)),
        ({}, Reject("never"), Step(3, "7-0", begins=False)),
    ],
)
def test_a_comment_is_unfinished_from_the_door_until_it_ends_or_its_turn_is_over(
    changed: dict[str, Any], outcome: Outcome, step: Step | None
) -> None:
    settlement = decider(**changed).decide(replace(work(), partition=3), outcome)
    assert not isinstance(settlement, Postponed)
    assert settlement.step == step


def test_what_could_not_be_read_keeps_its_place_and_its_partition() -> None:
    raw = {b"id": ID.encode(), b"seq": b"7-0"}
    dead, end = settled(decider().refuse(Delivery("9-0", raw), 3, Reject("not JSON")))
    state = state_of(end)
    assert (dead.partition, state["seq"], state["streamer"]) == (3, "7-0", "")
    assert state["hops"] == [["first", NOW_MS, NOW_MS, {}]]
    envelope = fields_of(end)
    assert (envelope["at"], envelope["trace"]) == ("", traceparent(ID))
    assert decider().refuse(Delivery("9-0", raw), 3, Reject("not JSON")).counted == Counted(
        "dead-lettered", "", "7-0", NOW_MS, traceparent(ID), Failure(ID, "not JSON", 1)
    )


@pytest.mark.parametrize("claimed", [b"\xff", b"not-a-seq", b"7"])
def test_a_strange_place_is_not_taken_over(claimed: bytes) -> None:
    _, end = settled(decider().refuse(Delivery("9-0", {b"seq": claimed}), 0, Reject("not JSON")))
    assert state_of(end)["seq"] == "9-0"


def test_at_the_door_a_pusher_claims_no_identity() -> None:
    raw = {b"id": ID.encode(), b"seq": b"7-0"}
    dead, end = settled(decider(door=DOOR).refuse(Delivery("9-0", raw), 0, Reject("not a comment")))
    expected = str(derived_id("comments_stream/9-0"))
    assert (fields_of(dead)["comment_id"], state_of(end)["seq"]) == (expected, "9-0")
