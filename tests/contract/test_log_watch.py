"""The watch over the tests' output can fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.log_watch import exposed_in_logs

ROOT = Path(__file__).parents[2]


def _run(folder: Path, said: str) -> subprocess.CompletedProcess[str]:
    test = folder / "test_said.py"
    test.write_text(f"import logging, os, structlog\n\ndef test_it():\n    {said}\n    assert True\n")
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.log_watch", "-p", "no:cacheprovider"),
            *("-c", "/dev/null", "--rootdir", str(folder), str(test)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(
    "said",
    [
        'print("+15550107777")',
        'structlog.get_logger().info("sent", to="ana@example.com")',
        'logging.getLogger("x").warning("sk_test_%s", "abcdef")',
        'os.system("echo whsec_abc >&2")',
    ],
)
def test_a_run_that_says_such_a_thing_fails_and_does_not_repeat_it(tmp_path: Path, said: str) -> None:
    ended = _run(tmp_path, said)
    assert ended.returncode == 1, ended.stdout
    assert "1 passed" in ended.stdout
    assert "test_said.py::test_it" in ended.stdout
    for hidden in ("+15550107777", "ana@example.com", "sk_test_abcdef", "whsec_abc"):
        assert hidden not in ended.stdout


def test_a_run_that_says_nothing_of_it_passes(tmp_path: Path) -> None:
    assert _run(tmp_path, 'print("ORD-20260101-00001 at 1700000000000-0")').returncode == 0


def test_log_files_are_read_for_what_is_known_too(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "notify.log").write_text(
        "fine\nto +15550107777\nthe token hunter2-hunter2 was refused\n"
    )
    assert exposed_in_logs(tmp_path, ["hunter2-hunter2"]) == [
        "notify.log: to [phone]", "notify.log: the token [known] was refused",
    ]  # fmt: skip


def test_where_there_are_no_logs_nothing_is_said_to_be_clean(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        exposed_in_logs(tmp_path)
