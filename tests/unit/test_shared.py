"""Who wants the same of the database at the same time shares a statement, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from stages.adapters.database.shared import Shared
from stages.adapters.database.unavailable import DatabaseUnavailable


class Statement:
    """Doubles numbers once it is let; 13 is a bad one, and below 0 the database is away."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.let = asyncio.Event()

    async def __call__(self, asked: Sequence[int]) -> list[int]:
        self.batches.append(list(asked))
        await self.let.wait()
        if min(asked) < 0:
            raise DatabaseUnavailable("away")
        if 13 in asked:
            raise ValueError("bad")
        return [2 * each for each in asked]


async def under_way(shared: Shared[int, int], asked: Sequence[int]) -> list[asyncio.Task[int]]:
    """Tasks that ask, begun."""

    async def ask(one: int) -> int:
        return await shared(one)

    tasks = [asyncio.create_task(ask(one)) for one in asked]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_what_comes_while_a_statement_is_under_way_shares_the_next() -> None:
    statement = Statement()
    shared = Shared(statement)
    first = await under_way(shared, [1])
    others = await under_way(shared, [2, 3, 4])
    statement.let.set()
    assert await asyncio.gather(*first, *others) == [2, 4, 6, 8]
    assert statement.batches == [[1], [2, 3, 4]]


async def test_a_bad_one_fails_alone() -> None:
    statement = Statement()
    shared = Shared(statement)
    tasks = [*await under_way(shared, [1]), *await under_way(shared, [2, 13, 4])]
    statement.let.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answers[0], answers[1], answers[3]] == [2, 4, 8]
    assert isinstance(answers[2], ValueError)


async def test_while_the_database_is_away_nobody_asks_it_for_each_of_them() -> None:
    statement = Statement()
    shared = Shared(statement)
    tasks = [*await under_way(shared, [1]), *await under_way(shared, [-1, 2])]
    statement.let.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, DatabaseUnavailable, DatabaseUnavailable]
    assert len(statement.batches) == 2
    assert await shared(5) == 10


async def test_who_has_gone_is_not_asked_for() -> None:
    statement = Statement()
    shared = Shared(statement)
    first = await under_way(shared, [1])
    gone, stays = await under_way(shared, [2, 3])
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    statement.let.set()
    assert await asyncio.gather(*first, stays) == [2, 6]
    assert statement.batches == [[1], [3]]
