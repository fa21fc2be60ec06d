"""What is asked for at the same time is committed at once, and each gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from pipeline.engines.redis.group_commit import MOST, GroupCommit


class Held:
    """A server that commits when it is let, and answers each item with itself. It breaks on "bad"."""

    def __init__(self) -> None:
        self.commits: list[tuple[str, list[str]]] = []
        self.let = asyncio.Event()

    async def commit(self, name: str, items: Sequence[str]) -> list[str]:
        self.commits.append((name, list(items)))
        await self.let.wait()
        if "bad" in items:
            raise ConnectionError("bad")
        return list(items)


async def asked(group: GroupCommit[str, str], *calls: tuple[str, list[str]]) -> list[asyncio.Task[list[str]]]:
    """These calls, in one turn of the loop, and begun."""
    tasks = [asyncio.create_task(group(name, items)) for name, items in calls]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_calls_of_one_turn_go_together_and_each_gets_its_own_answers() -> None:
    held = Held()
    held.let.set()
    group = GroupCommit(held.commit)
    tasks = await asked(group, ("k", ["a"]), ("k", ["b", "c"]), ("k", ["d"]))
    assert await asyncio.gather(*tasks) == [["a"], ["b", "c"], ["d"]]
    assert held.commits == [("k", ["a", "b", "c", "d"])]


async def test_while_one_is_under_way_the_next_group_grows() -> None:
    held = Held()
    group = GroupCommit(held.commit)
    tasks = [task for item in "abcde" for task in await asked(group, ("k", [item]))]
    assert held.commits == [("k", ["a"])]
    held.let.set()
    assert await asyncio.gather(*tasks) == [[item] for item in "abcde"]
    assert held.commits[1:] == [("k", ["b", "c", "d", "e"])]


async def test_each_name_has_commits_of_its_own() -> None:
    held = Held()
    held.let.set()
    group = GroupCommit(held.commit)
    await asyncio.gather(*await asked(group, ("k", ["a"]), ("l", ["b"]), ("k", ["c"])))
    assert sorted(held.commits) == [("k", ["a", "c"]), ("l", ["b"])]


async def test_a_group_is_bounded_and_no_call_is_torn() -> None:
    held = Held()
    held.let.set()
    group = GroupCommit(held.commit)
    sizes = [MOST - 1, 2, MOST + 1, 1]
    await asyncio.gather(*await asked(group, *(("k", ["x"] * size) for size in sizes)))
    assert [len(items) for _, items in held.commits] == sizes


async def test_a_commit_that_fails_fails_for_all_in_it_and_for_nobody_else() -> None:
    held = Held()
    group = GroupCommit(held.commit)
    together = await asked(group, ("k", ["a"]), ("k", ["bad"]))
    later = await asked(group, ("k", ["b"]))
    held.let.set()
    told = await asyncio.gather(*together, return_exceptions=True)
    assert [type(error) for error in told] == [ConnectionError] * 2
    assert await later[0] == ["b"]
    [after] = await asked(group, ("k", ["c"]))
    assert await after == ["c"]


async def test_a_caller_who_goes_takes_the_answer_from_nobody_else() -> None:
    held = Held()
    group = GroupCommit(held.commit)
    goes, stays = await asked(group, ("k", ["a"]), ("k", ["b"]))
    goes.cancel()
    held.let.set()
    with pytest.raises(asyncio.CancelledError):
        await goes
    assert await stays == ["b"]
