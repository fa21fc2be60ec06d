"""How KEDA scales the stages: by what waits for them, and by nothing else."""

from __future__ import annotations

import copy
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from cloudcoil.models.keda.v1alpha1 import ScaledObject
from pydantic import ValidationError

from pipeline.metrics import NAMESPACE
from stages.running import RUNNABLE
from stages.scale_plan.plan import PROMISES
from tests.manifests import Document, container_of, name_of, of_kind, processes_of, rendered


def scaled_objects() -> list[Document]:
    return of_kind(rendered("overlays/large"), "ScaledObject")


def as_keda_reads(document: Document) -> Document:
    read: Document = ScaledObject.model_validate(document).model_dump(
        mode="json", by_alias=True, exclude_unset=True, exclude_none=True
    )
    return read


@pytest.mark.parametrize("scaled", [pytest.param(each, id=name_of(each)) for each in scaled_objects()])
def test_keda_scales_a_stage_by_what_waits_for_it(scaled: Document) -> None:
    assert as_keda_reads(scaled) == scaled
    spec = scaled["spec"]
    targets = {name_of(each): each for each in of_kind(rendered("overlays/large"), "StatefulSet")}
    target = targets[spec["scaleTargetRef"]["name"]]
    assert spec["scaleTargetRef"]["kind"] == "StatefulSet"
    assert "replicas" not in target["spec"], "each `kubectl apply` would undo what KEDA did"
    assert spec["minReplicaCount"] == 1 < spec["maxReplicaCount"]
    [trigger] = spec["triggers"]
    assert trigger["type"] == "prometheus"
    [stage] = container_of(target)["args"][1:]
    assert trigger["metadata"]["query"] == f'sum(max by (partition) ({NAMESPACE}_backlog{{stage="{stage}"}}))'
    assert trigger["metadata"]["ignoreNullValues"] == "false", "what nobody tells is not 0"


def test_what_keda_does_not_know_would_be_noticed() -> None:
    scaled = copy.deepcopy(scaled_objects()[0])
    scaled["spec"]["minReplicas"] = 1
    assert as_keda_reads(scaled) != scaled
    scaled["spec"]["maxReplicaCount"] = "many"
    with pytest.raises(ValidationError):
        as_keda_reads(scaled)


def test_only_the_six_stages_and_the_projector_are_scaled() -> None:
    stages = set(RUNNABLE) & {name_of(each) for each in scaled_objects()}
    assert stages == {"ingest", "intent", "vision", "order", "payment", "notify", "projector"}


def test_what_is_scaled_is_what_the_plan_reckons_with() -> None:
    assert {name_of(each) for each in scaled_objects()} == set(PROMISES)


def test_order_is_not_scaled_above_its_partitions() -> None:
    [order] = [each for each in scaled_objects() if name_of(each) == "order"]
    partitions = {process.written["PARTITIONS"] for process in processes_of(rendered("overlays/large"))}
    assert {str(order["spec"]["maxReplicaCount"])} == partitions


def test_what_waits_for_a_provider_scales_nothing(tmp_path: Path) -> None:
    """Two watchers tell of payment on two partitions, where hundreds of retries wait for their time."""
    told = {("backlog", 0): 7, ("backlog", 1): 2, ("retries_waiting", 0): 900, ("retries_due", 0): 7}
    series = [
        {
            "series": f'{NAMESPACE}_{metric}{{stage="payment",partition="{partition}",pod="watchers-{pod}"}}',
            "values": f"{value}x4",
        }
        for pod in (0, 1)
        for (metric, partition), value in told.items()
    ]
    asked = [
        {
            "expr": each["spec"]["triggers"][0]["metadata"]["query"],
            "eval_time": "1m",
            "exp_samples": [{"labels": "{}", "value": 9}] if name_of(each) == "payment" else [],
        }
        for each in scaled_objects()
    ]
    tests = [{"interval": "15s", "input_series": series, "promql_expr_test": asked}]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"tests": tests}))
    promtool = shutil.which("promtool")
    assert promtool, "promtool is not there: install the package prometheus"
    done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
