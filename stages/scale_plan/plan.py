"""From measured rates to processes: pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stages.scale_plan.rates import StageRate

PROMISES: Mapping[str, float] = {
    "ingest": 0.05,
    "intent": 2.0,
    "vision": 5.0,
    "order": 0.5,
    "payment": 2.0,
    "notify": 5.0,
    "projector": 5.0,
}
"""The stages in their order, each with the seconds that a comment may spend there (deploy/prometheus/recording.yml)."""

ONE_PER_PARTITION = ("order",)
"""Stages of which one process a partition is at work, and others stand by."""

_FIRST, _CLAIMS = "ingest", "vision"


@dataclass(frozen=True, slots=True)
class Row:
    """A stage in the plan: its `share` of all comments, the entries a second that are offered to it and that one
    process can do, the processes, and the backlog that a process works off within half the stage's promise, or has in
    hand at once where that is more (KEDA's threshold). What was not measured is None."""

    stage: str
    share: float | None
    offered: float | None
    per_process: float | None
    bound_by: str | None
    replicas: int | None
    threshold: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """For so many comments a second, each process being busy for `utilisation` of its time. `partitions` are those that
    the stages with one process a partition need."""

    rate: float
    utilisation: float
    rows: Sequence[Row]

    @property
    def partitions(self) -> int | None:
        """None where such a stage was not measured."""
        needed = [row.replicas for row in self.rows if row.stage in ONE_PER_PARTITION]
        known = [count for count in needed if count is not None]
        return max(known) if len(known) == len(needed) else None

    @property
    def unknown(self) -> list[str]:
        """The stages whose rate nobody knows."""
        return [row.stage for row in self.rows if row.per_process is None]


def plan(rates: Sequence[StageRate], rate: float, *, utilisation: float, buying: float | None) -> Plan:
    """`buying` is the share of comments that are claims, where it shall be another than the measured one: what comes
    behind intent is taken to grow with it."""
    known = {each.stage: each for each in rates}
    shares = _shares(known, buying)
    return Plan(
        rate,
        utilisation,
        [_row(stage, known.get(stage), shares.get(stage), rate, utilisation) for stage in PROMISES],
    )


def _shares(known: Mapping[str, StageRate], buying: float | None) -> dict[str, float]:
    if _FIRST not in known:
        return {}
    all_of_them = known[_FIRST].records
    shares = {stage: each.records / all_of_them for stage, each in known.items()}
    claims = shares.get(_CLAIMS)
    if buying is None or not claims:
        return shares
    behind = (_CLAIMS, "order", "payment", "notify")
    return {stage: share * buying / claims if stage in behind else share for stage, share in shares.items()}


def _row(stage: str, measured: StageRate | None, share: float | None, rate: float, utilisation: float) -> Row:
    if measured is None or share is None:
        return Row(stage, share, None, None, None, None, None)
    offered, per_process = rate * share, measured.per_second
    return Row(
        stage,
        share,
        offered,
        per_process,
        measured.bound_by,
        max(1, math.ceil(offered / (per_process * utilisation))),
        math.ceil(max(per_process * PROMISES[stage] / 2, measured.slots * measured.batch)),
    )
