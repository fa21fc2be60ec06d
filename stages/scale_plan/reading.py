"""What running processes tell about their stages."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from pipeline.metrics import NAMESPACE
from stages.mendable import Mendable

_TIMEOUT_SECONDS = 10.0
_TOLD = {
    f"{NAMESPACE}_received_total": "received",
    f"{NAMESPACE}_handler_seconds_sum": "handler_seconds",
    f"{NAMESPACE}_handler_seconds_count": "calls",
    f"{NAMESPACE}_handler_slots": "slots",
}
_CPU = "process_cpu_seconds_total"


class UnreadableMetrics(Mendable):
    """A process can't be asked; the message says which and why."""


@dataclass(frozen=True, slots=True)
class StageTold:
    """What a process has counted of a stage since it started, over its partitions. `slots` are the calls of the handler
    that it may have under way at a time."""

    received: float = 0.0
    handler_seconds: float = 0.0
    calls: float = 0.0
    slots: float = 0.0


@dataclass(frozen=True, slots=True)
class ProcessTold:
    """What a process tells; `cpu_seconds` is None where its system doesn't tell it."""

    stages: Mapping[str, StageTold]
    cpu_seconds: float | None


def read_all(addresses: Iterable[str]) -> dict[str, ProcessTold]:
    """What each of these tells now. Raises UnreadableMetrics."""
    with httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
        return {address: _read(http, address) for address in addresses}


def parse(text: str) -> ProcessTold:
    """What a process tells, from Prometheus' text format."""
    figures: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    cpu_seconds: float | None = None
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == _CPU:
                cpu_seconds = sample.value
            elif name := _TOLD.get(sample.name):
                figures[sample.labels["stage"]][name] += sample.value
    return ProcessTold({stage: StageTold(**told) for stage, told in figures.items()}, cpu_seconds)


def addresses_in(targets: Path) -> list[str]:
    """The /metrics of the processes that a file lists as Prometheus' file_sd_configs does. Raises UnreadableMetrics."""
    try:
        groups: Sequence[Mapping[str, Sequence[str]]] = json.loads(targets.read_text(encoding="utf-8"))
        return [f"http://{target}/metrics" for group in groups for target in group["targets"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableMetrics(f"{targets} lists no targets as Prometheus reads them: {error!r}.") from error


def _read(http: httpx.Client, address: str) -> ProcessTold:
    try:
        return parse(http.get(address).raise_for_status().text)
    except (httpx.HTTPError, ValueError) as error:
        raise UnreadableMetrics(f"{address} tells no metrics: {error}. See METRICS_PORT.") from error
