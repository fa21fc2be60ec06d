"""What the benchmark found, as one line of JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.recovery.reconciliation import Finding


@dataclass(frozen=True, slots=True)
class Report:
    """The figures; see benchmarks/README.md for what each counts."""

    comments: int
    kills: int
    lost: int
    double_orders: int
    double_charges: int
    double_messages: int
    dead_lettered: int
    recovery_p99_s: float | None
    recovery_p50_s: float | None
    seed: int
    poison_planted: int
    poison_found: int
    unexpected_exits: int
    exits_without_servers: int
    uncertain: int
    orders: int
    paid: int
    sold_out: int
    messages: int
    sent_again: int
    faults: int
    seconds: float
    power_cuts: int
    bytes_cut: int
    forgotten: int
    replayed: Mapping[str, Any]
    killed: Mapping[str, int]

    @property
    def is_clean(self) -> bool:
        """Whether the zeros are zeros, and every poison was found (but what a power cut took: nobody knew of it)."""
        zeros = (self.lost, self.double_orders, self.double_charges, self.double_messages)
        return not any(zeros) and (self.poison_found == self.poison_planted or self.power_cuts > 0)

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))


def counted(findings: Sequence[Finding]) -> Counter[str]:
    """How many findings there are of each kind."""
    return Counter(finding.kind for finding in findings)
