"""Runs a stage's handler on records: within its time limit, and so that no record costs its neighbours."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Sequence
from typing import Any

from pipeline.stage import Outcome, Retry, Stage
from schemas.records import Record


async def execute(stage: Stage[Any], records: Sequence[Record]) -> list[Outcome]:
    """One outcome for each record, in order. An exception or an expired time limit is a Retry.

    A batch that fails as a whole is tried again record by record, so that only the bad one fails.
    """
    if stage.one is not None:
        return [await _one(stage, record) for record in records]
    try:
        return await _batch(stage, records)
    except Exception as error:  # whatever a handler raises is a Retry by contract
        if len(records) == 1:
            return [_failed(stage, error)]
        return [(await execute(stage, [record]))[0] for record in records]


async def _one(stage: Stage[Any], record: Record) -> Outcome:
    assert stage.one is not None  # noqa: S101 - narrowed by execute
    try:
        async with asyncio.timeout(stage.limits.timeout_seconds):
            return await stage.one(record)
    except Exception as error:  # whatever a handler raises is a Retry by contract
        return _failed(stage, error)


async def _batch(stage: Stage[Any], records: Sequence[Record]) -> list[Outcome]:
    assert stage.batch is not None  # noqa: S101 - narrowed by execute
    async with asyncio.timeout(stage.limits.timeout_seconds):
        answer: object = await stage.batch(records)
    wanted = f"a handler of batches answers a list with one outcome for each record, {len(records)} here"
    if not isinstance(answer, Sequence) or isinstance(answer, Outcome):
        raise TypeError(f"stage {stage.name} answered {type(answer).__name__}; {wanted}")
    if len(answer) != len(records):
        raise ValueError(f"stage {stage.name} answered a list of {len(answer)}; {wanted}")
    return list(answer)


def _failed(stage: Stage[Any], error: Exception) -> Retry:
    name = type(error).__name__
    # Only the first line: a database's second one quotes the row, with what is personal in it.
    reason = (str(error) or name).splitlines()[0]
    if isinstance(error, TimeoutError) and not str(error):
        reason = f"{stage.name} took longer than its {stage.limits.timeout_seconds:g} s"
    counts = not isinstance(error, stage.limits.away)
    return Retry(reason, error=name, detail="".join(traceback.format_exception(error)), counts=counts)
