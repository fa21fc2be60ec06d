"""The workflows that run elsewhere: what they call is here, and what they use is pinned."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.audit import Audit, read, verdict

WORKFLOWS = sorted(Path(".github/workflows").glob("*.yml"))
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+(\.\d+){2}")


def steps_of(file: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(file.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_may_only_read_and_uses_pinned_actions(file: Path) -> None:
    assert yaml.safe_load(file.read_text())["permissions"] == {"contents": "read"}
    used = re.findall(r"uses: (.*)", file.read_text())
    assert used
    assert [each for each in used if not PINNED.fullmatch(each)] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_what_a_workflow_runs_exists(file: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", Path("Makefile").read_text(), re.MULTILINE))
    commands = [step["run"] for step in steps_of(file) if "run" in step]
    called = {target for command in commands for target in re.findall(r"\bmake ([\w-]+)", command)}
    assert called <= targets
    assert [each for each in commands if each.startswith(".ci/") and not Path(each).is_file()] == []


def test_every_workflow_audits_and_may_not_skip_it() -> None:
    assert {file.stem for file in WORKFLOWS} == {"audit", "check", "release"}
    assert [file.stem for file in WORKFLOWS if "--must" not in file.read_text()] == []


@pytest.mark.parametrize(
    ("audit", "statuses", "words"),
    [
        (Audit(3, (), ()), (0, 0), "none has a known vulnerability"),
        (Audit(3, ("a 1: CVE-1",), ("b",)), (1, 1), "a 1: CVE-1"),
        (Audit(2, (), ("b",)), (0, 1), "NOT AUDITED: the service did not know 1 packages"),
        (Audit(0, (), (), "no route"), (0, 1), "NOT AUDITED: no route"),
        (Audit(0, (), ()), (0, 1), "NOT AUDITED"),
    ],
)
def test_what_was_not_audited_is_said_and_fails_where_it_must_not_be_skipped(
    audit: Audit, statuses: tuple[int, int], words: str
) -> None:
    found = [verdict(audit, must=must) for must in (False, True)]
    assert (found[0][0], found[1][0]) == statuses
    assert words in found[0][1]


def test_pip_audits_answer_is_read() -> None:
    said = (
        '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1"}]},'
        ' {"name": "b", "version": "2", "vulns": []}, {"name": "c", "skip_reason": "unknown"}], "fixes": []}'
    )
    assert read(said) == Audit(2, ("a 1: CVE-1",), ("c",))
