"""Redrive on a real server: back into its stage and out of the dead letters, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import orjson
import pytest
from redis.exceptions import OutOfMemoryError

from pipeline.dead_letter import DeadLetter, NoSuchDeadLetter
from pipeline.decision import derived_id
from pipeline.embedded import Valkey, valkey
from pipeline.embedded.credentials import free_port
from pipeline.engines.redis.dead_letters import DeadLetters, Listed
from pipeline.engines.redis.redriver import Redriver
from pipeline.pace import Pace
from pipeline.redrive import RedriveStopped, Sendings, redrive_each
from pipeline.redrive_one import NotRedrivable, Redriven
from pipeline.settlement import Fields
from pipeline.stage import Door, Emit, Limits, Opened, Outcome, Reject, Stage
from schemas.codec import UnreadableRecord
from tests.contract.letters import letter, raw, tombstone
from tests.contract.rig import KEYS, Item, Rig, rig_on, stage


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as made:
        yield made


async def lay(rig: Rig, dead: DeadLetter | Fields) -> str:
    return await rig.append("dead", *(dead.fields() if isinstance(dead, DeadLetter) else dead))


def at_once() -> Pace:
    async def no_sleep(seconds: float) -> None:
        return

    return Pace(50, clock=lambda: 0.0, sleep=no_sleep)


async def redrive_all(rig: Rig, limit: int | None = None) -> Sendings:
    letters = DeadLetters(rig.redis, KEYS, 1)
    return await redrive_each(Redriver(rig.redis, KEYS), letters.all(), at_once(), limit=limit)


async def test_a_redriven_letter_goes_through_once_its_cause_is_gone(rig: Rig) -> None:
    cured = False

    async def handler(item: Item) -> Outcome:
        if cured:
            return Emit(item)
        raise ZeroDivisionError("ill")

    await rig.append("first", *[part for pair in raw(1).items() for part in pair])
    rig.start(stage("first", handler, max_attempts=2))
    await rig.until_length("dead", 1)
    cured = True
    [listed] = await rig.dead()
    assert listed.letter.attempts == 2
    await Redriver(rig.redis, KEYS).redrive(listed)
    await rig.until_length("events", 2)
    assert await rig.dead() == []
    ends = [orjson.loads(event[b"d"]) for event in await rig.fields("events")]
    assert [end["outcome"] for end in ends] == ["rejected", "done"]
    assert {(end["comment_id"], end["seq"]) for end in ends} == {(listed.letter.comment_id, "2-0")}


async def test_what_fails_again_has_a_fresh_attempt_count(rig: Rig) -> None:
    async def broken(item: Item) -> Outcome:
        raise ZeroDivisionError("ill")

    await rig.append("first", *[part for pair in raw(1).items() for part in pair])
    rig.start(stage("first", broken, max_attempts=3))
    await rig.until_length("dead", 1)
    assert (await redrive_all(rig)).sent == 1
    await rig.until_length("events", 2)
    [listed] = await rig.dead()
    assert listed.letter.attempts == 3


async def test_id_seq_and_hops_travel_on(rig: Rig) -> None:
    hopped = {**raw(1), b"hops": b'[["ingest",1,2,{}]]'}
    dead_id = await lay(rig, letter(raw=hopped))
    redriven = await Redriver(rig.redis, KEYS).redrive(await DeadLetters(rig.redis, KEYS, 1).find(dead_id))
    [(entry_id, fields)] = await rig.redis.execute_command("XRANGE", KEYS.stream("first", 0), "-", "+")
    assert (entry_id.decode(), fields) == (redriven.entry_id, hopped)


async def test_redriven_by_many_at_once_there_is_exactly_one_copy(rig: Rig) -> None:
    for number in range(20):
        await lay(rig, letter(number))
    counts = await asyncio.gather(*(redrive_all(rig) for _ in range(5)))
    assert sum(each.sent for each in counts) == 20
    sent = [fields[b"id"] for fields in await rig.fields("first")]
    assert sorted(sent) == sorted(raw(number)[b"id"] for number in range(20))
    assert await rig.dead() == []


async def test_a_letter_that_was_redriven_or_purged_is_no_longer_there(rig: Rig) -> None:
    dead_id = await lay(rig, letter())
    listed = await DeadLetters(rig.redis, KEYS, 1).find(dead_id)
    await Redriver(rig.redis, KEYS).redrive(listed)
    with pytest.raises(NoSuchDeadLetter, match="already redriven or purged"):
        await Redriver(rig.redis, KEYS).redrive(listed)
    assert await rig.length("first") == 1


async def test_a_tombstone_stays_and_all_others_go(rig: Rig) -> None:
    await lay(rig, letter(1))
    stone = await lay(rig, tombstone())
    await lay(rig, ("what", "ever"))
    await lay(rig, letter(2))
    counts = await redrive_all(rig)
    assert (counts.sent, counts.tombstones, counts.refused, counts.seen) == (2, 1, 1, 4)
    assert "no stage wrote it" in counts.refusal
    with pytest.raises(NotRedrivable, match="replay --from-database"):
        await Redriver(rig.redis, KEYS).redrive(await DeadLetters(rig.redis, KEYS, 1).find(stone))
    assert await rig.length("first") == 2
    assert await rig.length("dead") == 2


async def test_a_limit_counts_what_was_sent_oldest_first(rig: Rig) -> None:
    await lay(rig, tombstone())
    for number in range(3):
        await lay(rig, letter(number))
    assert (await redrive_all(rig, limit=2)).sent == 2
    assert [fields[b"id"] for fields in await rig.fields("first")] == [raw(0)[b"id"], raw(1)[b"id"]]


async def test_letters_are_sent_back_at_the_rate_and_told_one_by_one(rig: Rig) -> None:
    for number in range(4):
        await lay(rig, letter(number))
    await lay(rig, tombstone())
    now, told = [100.0], []

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    await redrive_each(
        Redriver(rig.redis, KEYS),
        DeadLetters(rig.redis, KEYS, 1).all(),
        Pace(10, clock=lambda: now[0], sleep=sleep),
        told=lambda sendings: told.append((sendings.sent, sendings.seen, round(now[0], 3))),
    )
    assert told == [(1, 1, 100.0), (2, 2, 100.1), (3, 3, 100.2), (4, 4, 100.3), (4, 5, 100.3)]


async def test_a_redis_that_goes_away_stops_it_and_says_how_far_it_came(rig: Rig) -> None:
    for number in range(3):
        await lay(rig, letter(number))

    async def letters() -> AsyncIterator[Listed]:
        for listed in await rig.dead():
            yield listed
        raise ConnectionError("Connection reset by peer")

    with pytest.raises(RedriveStopped, match=r"reset by peer.*3 dead letters were sent back before"):
        await redrive_each(Redriver(rig.redis, KEYS), letters(), at_once())


async def test_a_full_redis_says_so_and_keeps_the_letter(rig: Rig) -> None:
    for stream in ("first", "comments_stream"):
        await lay(rig, letter(stream=stream))
    await rig.redis.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(RedriveStopped, match=r"Redis is full.*0 dead letters were sent back"):
            await redrive_all(rig)
        for listed in await rig.dead():
            with pytest.raises(OutOfMemoryError):
                await Redriver(rig.redis, KEYS).redrive(listed)
    finally:
        await rig.redis.config_set("maxmemory", "0")
    assert await rig.length("dead") == 2
    assert await rig.length("first") == await rig.length("comments_stream") == 0


def opened(seq: str, fields: Mapping[bytes, bytes]) -> Opened[Item]:
    if b"number" not in fields:
        raise UnreadableRecord("no number")
    return Opened(
        str(derived_id(f"comment/{seq}")), "2026-01-01", "maya", Item(number=int(fields[b"number"]))
    )


def door_stage(*, cured: bool) -> Stage[Item]:
    async def batch(items: object) -> list[Outcome]:
        assert isinstance(items, list)
        return [Emit(item) if cured else Reject("ill") for item in items]

    limits = Limits(timeout_seconds=5)
    return Stage(
        name="in", consumes=Item, emits="second", limits=limits, batch=batch, door=Door(opens=opened)
    )


async def dead_at_the_door(rig: Rig) -> str:
    """A comment without a platform's message id that the door's stage has rejected; returns its entry's id."""
    entry_id = await rig.append("comments_stream", "number", "1")
    rig.start(door_stage(cured=False))
    await rig.until_length("dead", 1)
    await rig.drain()
    return entry_id


async def test_a_public_entry_is_itself_delivered_again_and_remains_the_same_comment(rig: Rig) -> None:
    entry_id = await dead_at_the_door(rig)
    [listed] = await rig.dead()
    redriver = Redriver(rig.redis, KEYS)
    both = await asyncio.gather(*(redriver.redrive(listed) for _ in range(2)), return_exceptions=True)
    [redriven] = [each for each in both if isinstance(each, Redriven)]
    [late] = [each for each in both if each is not redriven]
    assert (redriven.entry_id, redriven.anew) == (entry_id, False)
    assert isinstance(late, NoSuchDeadLetter)
    assert await rig.length("dead") == 0
    rig.start(door_stage(cured=True), consumer="two")
    await rig.until_length("second", 1)
    await rig.drain()
    [onward] = await rig.fields("second")
    assert onward[b"id"].decode() == listed.letter.comment_id
    assert onward[b"seq"].decode() == entry_id
    assert await rig.length("comments_stream") == 1
    assert await rig.redis.execute_command("XPENDING", "comments_stream", "in", "-", "+", 1) == []


async def test_a_public_entry_that_was_trimmed_since_comes_in_anew(rig: Rig) -> None:
    entry_id = await dead_at_the_door(rig)
    await rig.redis.execute_command("XDEL", "comments_stream", entry_id)
    counts = await redrive_all(rig)
    assert (counts.sent, counts.anew) == (1, 1)
    assert await rig.fields("comments_stream") == [{b"number": b"1"}]
    assert await rig.dead() == []


async def test_a_public_entry_whose_stage_never_ran_here_is_refused_in_words(rig: Rig) -> None:
    entry_id = await rig.append("comments_stream", "number", "1")
    await lay(rig, letter(stage="in", stream="comments_stream", entry_id=entry_id))
    counts = await redrive_all(rig)
    assert counts.refused == 1
    assert "start it, then redrive" in counts.refusal
    assert await rig.length("dead") == 1


@pytest.fixture
async def cluster_rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    """A cluster of one node that holds every slot: keys of two slots meet in no script there."""
    cluster = f"cluster-enabled yes\ncluster-port {free_port()}\n"
    monkeypatch.setattr(valkey, "CONFIGURATION", valkey.CONFIGURATION + cluster)
    server = Valkey(tmp_path / "cluster")
    server.start()
    try:
        async with rig_on(server.url) as made:
            await made.redis.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
            await made.until(lambda: cluster_is_up(made))
            yield made
    finally:
        server.remove()


async def cluster_is_up(rig: Rig) -> bool:
    state = await rig.redis.execute_command("CLUSTER INFO")
    return bool(state["cluster_state"] == "ok")


async def test_on_a_cluster_a_public_entry_is_delivered_again_in_steps(cluster_rig: Rig) -> None:
    rig = cluster_rig
    entry_id = await rig.append("comments_stream", "number", "1")
    await rig.redis.xgroup_create("comments_stream", "in", "$")
    public = letter(stage="in", stream="comments_stream", entry_id=entry_id)
    await lay(rig, public)
    await lay(rig, letter(stage="in", stream="comments_stream", entry_id="1-1", raw={b"number": b"2"}))
    await lay(rig, letter(2))
    listed = (await rig.dead())[0]
    counts = await redrive_all(rig)
    assert (counts.sent, counts.anew) == (3, 1)
    # Beside another, or after breaking off: the same entry once more, not a second one.
    assert (await Redriver(rig.redis, KEYS).redrive(listed)).entry_id == entry_id
    pending = await rig.redis.execute_command("XPENDING", "comments_stream", "in", "-", "+", 10)
    assert [row[0].decode() for row in pending] == [entry_id]
    assert await rig.redis.zrange(KEYS.retry("in", None), 0, -1) == [entry_id.encode()]
    assert await rig.length("comments_stream") == 2
    assert await rig.length("first") == 1
    assert await rig.length("dead") == 0


async def test_an_entry_with_more_fields_than_a_script_can_write_is_dead_lettered_and_redriven(
    rig: Rig,
) -> None:
    fields = [part for number in range(20_000) for part in (f"field {number}", "x")]
    entry_id = await rig.append("comments_stream", *fields)
    rig.start(door_stage(cured=False))
    await rig.until_length("dead", 1)
    await rig.drain()
    [listed] = await rig.dead()
    assert len(listed.letter.raw) == 20_000
    assert (await Redriver(rig.redis, KEYS).redrive(listed)).entry_id == entry_id
    await lay(rig, listed.letter)
    await rig.redis.execute_command("XDEL", "comments_stream", entry_id)
    counts = await redrive_all(rig)
    assert counts.refused == 1
    assert "20,000 fields" in counts.refusal
