"""The alerts, by Prometheus' own tool."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest
import yaml

RULES = Path("deploy/prometheus")
promtool = shutil.which("promtool") or ""
pytestmark = pytest.mark.skipif(not promtool, reason="promtool is not there: install the package prometheus")


async def run(*arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        promtool, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_each_alert_fires_when_it_should_and_not_otherwise() -> None:
    status, said = await run("test", "rules", str(RULES / "alerts.test.yml"))
    assert status == 0, said


def test_each_alert_is_tried() -> None:
    [group] = yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]
    tests = yaml.safe_load((RULES / "alerts.test.yml").read_text())["tests"]
    fired = {
        alert["alertname"]
        for test in tests
        for alert in test.get("alert_rule_test", [])
        if alert["exp_alerts"]
    }
    assert fired == {rule["alert"] for rule in group["rules"]}


def test_each_metric_that_a_rule_names_is_told_by_the_code() -> None:
    named = set(re.findall(r"\btiktoksales_[a-z_0-9]+", "".join(file.read_text() for file in rule_files())))
    code = "".join(
        path.read_text() for folder in ("pipeline", "stages") for path in Path(folder).rglob("*.py")
    )
    unknown = {
        name
        for name in named
        if f'"{re.sub(r"_(total|bucket|seconds_(bucket|count|sum))$", "", name.removeprefix("tiktoksales_"))}"'
        not in code
        and f"{{NAMESPACE}}_{name.removeprefix('tiktoksales_')}" not in code
    }
    assert unknown == set()


def rule_files() -> list[Path]:
    return [RULES / "recording.yml", RULES / "alerts.yml"]


def test_each_alert_has_an_entry_in_the_runbook() -> None:
    [group] = yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]
    headings = re.findall(r"^## (\w+)$", Path("docs/operating.md").read_text(), re.MULTILINE)
    assert headings == [rule["alert"] for rule in group["rules"]]
