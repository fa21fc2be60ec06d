"""How many processes a rate needs: from counters to rates, from rates to the plan."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.embedded.credentials import free_port
from pipeline.meter import StageMeter
from pipeline.metrics import serving_metrics
from pipeline.settings import RuntimeSettings
from pipeline.settlement import Delivery
from stages.cli import app
from stages.scale_plan.plan import PROMISES, plan
from stages.scale_plan.rates import StageRate, UnreadableRates, load, rates_between, save
from stages.scale_plan.reading import (
    ProcessTold,
    StageTold,
    UnreadableMetrics,
    addresses_in,
    parse,
    read_all,
)


def measured(stage: str, records: float = 100.0, **told: Any) -> StageRate:
    given: dict[str, Any] = {"handler_seconds": 0.01, "cpu_seconds": 0.005, "slots": 1.0, "batch": 1.0}
    return StageRate(stage=stage, records=records, **{**given, **told})


ALL = [
    measured("ingest", 1000),
    measured("intent", 1000),
    measured("vision", 200, handler_seconds=0.08, cpu_seconds=0.02, slots=8.0),
    measured("order", 150),
    measured("payment", 140, handler_seconds=0.4, slots=8.0),
    measured("notify", 150),
    measured("projector", 1000),
]


def test_the_promises_are_those_that_the_alerts_reckon_with() -> None:
    groups = yaml.safe_load(Path("deploy/prometheus/recording.yml").read_text())["groups"]
    [promises] = [group["rules"] for group in groups if group["name"] == "promises"]
    told = {rule["labels"]["stage"]: float(rule["expr"].strip("vector()")) for rule in promises}
    assert {stage: PROMISES[stage] for stage in told} == told


def test_a_process_does_what_its_slots_and_its_core_allow() -> None:
    assert (measured("x").per_second, measured("x").bound_by) == (100.0, "waiting")
    eyes = ALL[2]
    assert (eyes.per_second, eyes.bound_by) == (50.0, "processor")  # eight at a time would be 100
    assert measured("x", cpu_seconds=None, slots=4.0).per_second == 400.0


def test_processes_follow_from_share_rate_and_utilisation() -> None:
    planned = plan(ALL, 500, utilisation=0.5, buying=None)
    rows = {row.stage: row for row in planned.rows}
    assert list(rows) == list(PROMISES)
    assert (rows["intent"].offered, rows["intent"].replicas) == (500.0, 10)  # 500 / (100 * 0.5)
    assert (rows["vision"].share, rows["vision"].replicas) == (0.2, 4)  # 100 / (50 * 0.5)
    assert (rows["order"].replicas, planned.partitions) == (2, 2)  # 75 / (100 * 0.5)
    assert (rows["intent"].threshold, rows["vision"].threshold) == (100, 125)  # half of 2 s, of 5 s
    assert planned.unknown == []


def test_what_comes_behind_intent_grows_with_the_share_that_buys() -> None:
    rows = {row.stage: row for row in plan(ALL, 500, utilisation=0.5, buying=0.4).rows}
    assert rows["vision"].share == pytest.approx(0.4)
    assert rows["payment"].share == pytest.approx(0.28)
    assert (rows["intent"].share, rows["projector"].share) == (1.0, 1.0)


def test_what_was_not_measured_is_not_guessed() -> None:
    planned = plan([each for each in ALL if each.stage != "order"], 500, utilisation=0.5, buying=None)
    assert (planned.unknown, planned.partitions) == (["order"], None)
    assert plan(ALL[1:], 500, utilisation=0.5, buying=None).unknown == list(PROMISES)


@given(rate=st.floats(0.1, 1e5), utilisation=st.floats(0.05, 1.0))
def test_no_process_is_busier_than_it_may_be_and_none_is_idle(rate: float, utilisation: float) -> None:
    for row in plan(ALL, rate, utilisation=utilisation, buying=None).rows:
        assert row.replicas is not None
        assert row.per_process is not None
        assert row.offered is not None
        assert row.offered <= row.replicas * row.per_process * utilisation * (1 + 1e-9)
        assert (
            row.replicas == 1 or row.offered * (1 + 1e-9) > (row.replicas - 1) * row.per_process * utilisation
        )
        assert math.isfinite(row.per_process)


def test_rates_are_of_the_time_between_two_readings() -> None:
    before = {"a": ProcessTold({"intent": StageTold(1000, 50.0, 100, 1)}, 90.0)}
    after = {
        "a": ProcessTold({"intent": StageTold(1200, 52.0, 110, 1)}, 91.0),
        "b": ProcessTold({"order": StageTold(5, 1.0, 5, 8)}, 1.0),  # began in between
    }
    [rate] = rates_between(before, after)
    assert rate == StageRate("intent", 200, 0.01, 0.005, 1, 20)


def test_two_workers_of_a_stage_are_weighed_and_shared_processes_know_no_cpu_of_one() -> None:
    nothing = ProcessTold({}, 0.0)
    after = {
        "a": ProcessTold({"order": StageTold(100, 1.0, 100, 8)}, 1.0),
        "b": ProcessTold({"order": StageTold(300, 9.0, 300, 8), "notify": StageTold(1, 1.0, 1, 8)}, 50.0),
    }
    rates = {rate.stage: rate for rate in rates_between({"a": nothing, "b": nothing}, after)}
    assert rates["order"] == StageRate("order", 400, 0.025, 0.01, 8, 1)
    assert rates["notify"].cpu_seconds is None


def test_a_process_is_asked_for_what_its_stages_count() -> None:
    port = free_port()
    with serving_metrics(RuntimeSettings(metrics_port=port)):
        [(address, before)] = read_all([f"http://127.0.0.1:{port}/metrics"]).items()
        meter = StageMeter("planned", 0, lambda: 2.0, slots=8)
        meter.received([Delivery("1000-0", {})])
        with meter.handling([]):
            pass
        after = read_all([address])
    [rate] = rates_between({address: before}, after)
    assert (rate.stage, rate.records, rate.slots, rate.batch) == ("planned", 1, 8, 1)


def test_a_process_that_does_not_answer_is_named() -> None:
    with pytest.raises(UnreadableMetrics, match="METRICS_PORT"):
        read_all([f"http://127.0.0.1:{free_port()}/metrics"])


def test_partitions_of_a_stage_add_up() -> None:
    text = "".join(
        f'tiktoksales_received_total{{stage="order",partition="{partition}"}} {partition + 1}\n'
        f'tiktoksales_handler_slots{{stage="order",partition="{partition}"}} 8\n'
        for partition in range(2)
    )
    assert parse(text) == ProcessTold({"order": StageTold(received=3, slots=16)}, None)


def test_targets_are_those_of_prometheus(tmp_path: Path) -> None:
    file = tmp_path / "targets.json"
    file.write_text('[{"targets": ["127.0.0.1:1"], "labels": {"process": "intent"}}]')
    assert addresses_in(file) == ["http://127.0.0.1:1/metrics"]
    file.write_text('{"targets": 1}')
    with pytest.raises(UnreadableMetrics):
        addresses_in(file)


def test_rates_are_kept_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "rates.json"
    save(ALL, file)
    assert load(file) == ALL
    file.write_text("[]")
    with pytest.raises(UnreadableRates):
        load(file)


def test_the_plan_is_a_table_or_json_and_says_what_it_does_not_know(tmp_path: Path) -> None:
    file = tmp_path / "rates.json"
    save(ALL, file)
    answer = CliRunner().invoke(app, ["scale-plan", "--rate", "500", "--rates", str(file), "--json"])
    assert answer.exit_code == 0, answer.output
    assert [row["replicas"] for row in json.loads(answer.stdout)["stages"]][:2] == [9, 9]
    save(ALL[:2], file)
    answer = CliRunner().invoke(app, ["scale-plan", "--rate", "500", "--rates", str(file)])
    assert answer.exit_code == 1
    assert "Not known: the rate of vision, order, payment, notify, projector" in answer.output


@pytest.mark.parametrize("given", [[], ["--measure", "--rates", "rates.json"]])
def test_the_rates_come_from_one_place(given: list[str]) -> None:
    answer = CliRunner().invoke(app, ["scale-plan", "--rate", "500", *given])
    assert answer.exit_code == 2
