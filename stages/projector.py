"""Projector: writes end states to the database. An ordinary stage, on the events of the others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pipeline.events import EndState
from pipeline.settlement import EVENTS
from pipeline.stage import Drop, Limits, Outcome, Stage
from stages.adapters.database.end_states import EndStates

_GATHERS_SECONDS = 0.2  # nothing of a comment waits for it, but who looks at the console


async def project(states: Sequence[EndState], *, store: EndStates) -> list[Outcome]:
    """Record the end states."""
    await store.record(states)
    return [Drop("recorded") for _ in states]


def projector_stage(limits: Limits, *, store: EndStates) -> Stage[EndState]:
    """The stage behind all others: its own ends are not events."""
    return Stage(
        name="projector",
        consumes=EndState,
        emits=None,
        limits=limits,
        batch=partial(project, store=store),
        reads=EVENTS,
        gathers_seconds=_GATHERS_SECONDS,
        records_ends=False,
    )
