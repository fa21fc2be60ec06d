"""What a run has found, as one line of JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.pipeline.ours import Drained, Paced
from benchmarks.pipeline.times import percentile, stage_percentiles

SLA_MS = {"post": 100, "queue": 50, "intent": 2_000, "vision": 5_000, "order": 500, "payment": 2_000}
"""What each stage may take; the goal is a tenth of it."""


@dataclass(slots=True)
class Found:
    """Collected round by round. Rates are comments per second; `bare` is by the size of the model's calls,
    `seed_cpu_ms` what a comment of the last round cost the seed's shape, by variant."""

    bare: list[Mapping[str, float]] = field(default_factory=list)
    drained: list[Drained] = field(default_factory=list)
    seed_shape: list[float] = field(default_factory=list)
    seed_shape_generous: list[float] = field(default_factory=list)
    seed_cpu_ms: dict[str, float] = field(default_factory=dict)
    paced: dict[int, Paced] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """As it is printed: medians over the rounds, rounded."""
        best = [max(by_batch.values()) for by_batch in self.bare]
        ours, bare = _median([each.rate for each in self.drained]), _median(best)
        seed, generous = _median(self.seed_shape), _median(self.seed_shape_generous)
        return {
            "ours": ours,
            "seed_shape": seed,
            "vs_seed_shape": _ratio(ours, seed),
            "seed_shape_generous": generous,
            "vs_seed_shape_generous": _ratio(ours, generous),
            "bare_model": bare,
            "vs_bare_model": _ratio(ours, bare),
            "p50_ms": {str(rate): _to_order(paced, 0.5) for rate, paced in self.paced.items()},
            "p99_ms": {str(rate): _to_order(paced, 0.99) for rate, paced in self.paced.items()},
            "stages_p99_ms": {str(rate): _stages(paced) for rate, paced in self.paced.items()},
            "tenths_missed": {str(rate): _missed(_stages(paced)) for rate, paced in self.paced.items()},
            "orders": {str(rate): _orders(paced) for rate, paced in self.paced.items()},
            "cpu_ms_per_comment": _rounded(self.drained[-1].cpu_ms) if self.drained else {},
            "seed_cpu_ms_per_comment": _rounded(self.seed_cpu_ms),
            "orders_of_backlog": self.drained[-1].orders if self.drained else 0,
            "rounds": len(self.drained),
        }


def _stages(paced: Paced) -> dict[str, float | None]:
    return {"post": _whole(percentile(paced.posts_ms, 0.99)), **stage_percentiles(paced.ways, 0.99)}


def _missed(p99_ms: Mapping[str, float | None]) -> list[str]:
    return [stage for stage, sla in SLA_MS.items() if (p99_ms.get(stage) or 0) > sla / 10]


def _to_order(paced: Paced, share: float) -> float | None:
    return _whole(percentile([ms for way in paced.ways if (ms := way.to_order_ms) is not None], share))


def _orders(paced: Paced) -> int:
    return sum(way.to_order_ms is not None for way in paced.ways)


def _median(values: Sequence[float]) -> float | None:
    return _whole(statistics.median(values)) if values else None


def _ratio(value: float | None, of: float | None) -> float | None:
    return round(value / of, 2) if value and of else None


def _whole(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    ordered = sorted(values.items(), key=lambda each: -each[1])
    return {name: round(value, 2) for name, value in ordered if value >= 0.005}
