"""What one process of a stage can do, measured between two readings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from stages.mendable import Mendable
from stages.scale_plan.reading import ProcessTold, StageTold


class UnreadableRates(Mendable):
    """A file holds no measured rates; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class StageRate:
    """Measured on `records` entries: the handler's seconds for each, and the processor's, where a process ran this
    stage alone. `slots` calls of the handler are under way at a time, `batch` entries went into one on average."""

    stage: str
    records: float
    handler_seconds: float
    cpu_seconds: float | None
    slots: float
    batch: float

    @property
    def per_second(self) -> float:
        """Entries that one process on one core gets through in a second, at most."""
        by_handler = self.slots / self.handler_seconds if self.handler_seconds else float("inf")
        by_processor = 1 / self.cpu_seconds if self.cpu_seconds else float("inf")
        return min(by_handler, by_processor)

    @property
    def bound_by(self) -> str:
        """What keeps it from more."""
        by_handler = self.slots / self.handler_seconds if self.handler_seconds else float("inf")
        return "waiting" if by_handler <= self.per_second else "processor"


def rates_between(before: Mapping[str, ProcessTold], after: Mapping[str, ProcessTold]) -> list[StageRate]:
    """The rates of all stages that were given anything between the readings."""
    told: dict[str, list[tuple[StageTold, float | None]]] = defaultdict(list)
    for address in before.keys() & after.keys():
        changes = _changes(before[address], after[address])
        cpu = _cpu_between(before[address], after[address]) if len(changes) == 1 else None
        for stage, change in changes.items():
            told[stage].append((change, cpu))
    return [_rate(stage, each) for stage, each in sorted(told.items())]


def save(rates: Sequence[StageRate], file: Path) -> None:
    """Keep them for `load`."""
    rows = [asdict(rate) for rate in rates]
    file.write_bytes(orjson.dumps({"stages": rows}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def load(file: Path) -> list[StageRate]:
    """What was saved. Raises UnreadableRates."""
    reader: TypeAdapter[list[StageRate]] = TypeAdapter(list[StageRate])
    try:
        saved: dict[str, Any] = orjson.loads(file.read_bytes())
        return reader.validate_python(saved["stages"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise UnreadableRates(
            f"{file} holds no rates as `scale-plan --save` writes them: {error}."
        ) from error


def _changes(before: ProcessTold, after: ProcessTold) -> dict[str, StageTold]:
    changes = {}
    for stage, now in after.stages.items():
        then = before.stages.get(stage, StageTold())
        change = StageTold(
            now.received - then.received,
            now.handler_seconds - then.handler_seconds,
            now.calls - then.calls,
            now.slots,
        )
        if change.received > 0 and change.calls > 0:
            changes[stage] = change
    return changes


def _cpu_between(before: ProcessTold, after: ProcessTold) -> float | None:
    if before.cpu_seconds is None or after.cpu_seconds is None:
        return None
    return after.cpu_seconds - before.cpu_seconds


def _rate(stage: str, told: Sequence[tuple[StageTold, float | None]]) -> StageRate:
    records = sum(change.received for change, _ in told)
    alone = [(change.received, cpu) for change, cpu in told if cpu is not None]
    weighed = sum(received for received, _ in alone)
    return StageRate(
        stage=stage,
        records=records,
        handler_seconds=sum(change.handler_seconds for change, _ in told) / records,
        cpu_seconds=sum(cpu for _, cpu in alone) / weighed if weighed else None,
        slots=max(change.slots for change, _ in told) or 1.0,
        batch=records / sum(change.calls for change, _ in told),
    )
