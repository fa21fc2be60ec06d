"""Dead letters on a real server: found by what they are, and purged."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pipeline.dead_letter import DeadLetter, NoSuchDeadLetter, Selection
from pipeline.engines.redis.dead_letters import DeadLetters
from pipeline.settlement import Fields
from tests.contract.letters import DAY_MS, MARCH_MS, letter, tombstone
from tests.contract.rig import KEYS, Rig, rig_on


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as made:
        yield made


async def lay(rig: Rig, dead: DeadLetter | Fields, *, at_ms: int | None = None, partition: int = 0) -> str:
    fields = dead.fields() if isinstance(dead, DeadLetter) else dead
    key = KEYS.stream("dead", partition)
    entry_id: bytes = await rig.redis.execute_command("XADD", key, f"{at_ms}-0" if at_ms else "*", *fields)
    return entry_id.decode()


async def ids(letters: DeadLetters, selection: Selection) -> list[str]:
    return [listed.id async for listed in letters.all(selection)]


async def test_a_dead_letter_comes_back_as_it_was_laid(rig: Rig) -> None:
    laid = letter(raw={b"\xff": b"\x00\xfe", b"raw:x": b"y"})
    dead_id = await lay(rig, laid)
    assert (await DeadLetters(rig.redis, KEYS, 1).find(dead_id)).letter == laid


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(), [0, 1, 2]),
        (Selection(stage="second"), [1]),
        (Selection(reason="NOUGHT"), [0, 2]),
        (Selection(reason="crashl"), [1]),
        (Selection(since_ms=MARCH_MS + DAY_MS), [1, 2]),
        (Selection(before_ms=MARCH_MS + DAY_MS), [0]),
        (Selection(stage="first", reason="nought", since_ms=MARCH_MS + 1), [2]),
        (Selection(since_ms=MARCH_MS + 9 * DAY_MS), []),
        (Selection(before_ms=1), []),
    ],
    ids=str,
)
async def test_letters_are_selected_by_stage_reason_error_and_time(
    rig: Rig, selection: Selection, found: list[int]
) -> None:
    laid = [
        await lay(rig, letter(), at_ms=MARCH_MS),
        await lay(rig, letter(stage="second", reason="died", error="CrashLoop"), at_ms=MARCH_MS + DAY_MS),
        await lay(rig, letter(), at_ms=MARCH_MS + 2 * DAY_MS),
    ]
    assert await ids(DeadLetters(rig.redis, KEYS, 1), selection) == [laid[number] for number in found]


async def test_a_walk_through_many_pages_meets_each_letter_once_and_none_that_comes_meanwhile(
    rig: Rig,
) -> None:
    laid = [await lay(rig, letter(), at_ms=MARCH_MS + number) for number in range(250)]
    seen = []
    async for listed in DeadLetters(rig.redis, KEYS, 1).all():
        await lay(rig, letter())
        seen.append(listed.id)
    assert seen == laid


async def test_letters_of_the_same_id_in_two_partitions_have_names_of_their_own(rig: Rig) -> None:
    for partition in range(2):
        await lay(rig, letter(partition + 1), at_ms=MARCH_MS, partition=partition)
    letters = DeadLetters(rig.redis, KEYS, 2)
    assert await ids(letters, Selection()) == [f"{MARCH_MS}-0", f"{MARCH_MS}-0/1"]
    assert (await letters.find(f"{MARCH_MS}-0/1")).letter.comment_id == letter(2).comment_id
    assert (await letters.find(f"{MARCH_MS}-0")).letter.comment_id == letter(1).comment_id


@pytest.mark.parametrize(
    "dead_id", ["1-0", "", "-", "+", "1-0/7", "1-0/0/0", "$", "१-0", "9" * 30, f"{2**64}-0"]
)
async def test_an_id_that_is_not_there_is_said_in_words(rig: Rig, dead_id: str) -> None:
    await lay(rig, letter())
    with pytest.raises(NoSuchDeadLetter, match="dlq list"):
        await DeadLetters(rig.redis, KEYS, 1).find(dead_id)


async def test_an_entry_that_is_no_dead_letter_hides_no_other(rig: Rig) -> None:
    await lay(rig, ("attempts", b"\xff", "last_failed_ms", "9" * 40, "what", "ever"))
    dead_id = await lay(rig, letter())
    letters = [listed async for listed in DeadLetters(rig.redis, KEYS, 1).all()]
    assert [listed.letter.stage for listed in letters] == ["", "first"]
    assert (letters[0].letter.attempts, letters[1].id) == (0, dead_id)


async def test_a_tombstone_is_known_as_one(rig: Rig) -> None:
    await lay(rig, tombstone())
    await lay(rig, letter())
    letters = [listed.letter async for listed in DeadLetters(rig.redis, KEYS, 1).all()]
    assert [each.is_tombstone for each in letters] == [True, False]


async def test_purge_deletes_the_selected_letters_in_all_pages_and_partitions(rig: Rig) -> None:
    for partition in range(2):
        for number in range(120):
            await lay(rig, letter(), at_ms=MARCH_MS + number, partition=partition)
    kept = [
        await lay(rig, letter(stage="second"), at_ms=MARCH_MS + 500),
        await lay(rig, letter(), at_ms=MARCH_MS + DAY_MS),
    ]
    letters = DeadLetters(rig.redis, KEYS, 2)
    assert await letters.purge(Selection(stage="first", before_ms=MARCH_MS + DAY_MS)) == 240
    assert await ids(letters, Selection()) == kept
    assert await letters.purge(Selection(stage="first", before_ms=MARCH_MS + DAY_MS)) == 0
