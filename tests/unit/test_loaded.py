"""What a process has in its memory that it never needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

_MIGRATES, _JUDGES, _ARCHIVES = {"psycopg", "yoyo"}, {"torch", "onnxruntime"}, {"pyarrow"}
_OF_NOBODY = _MIGRATES | _JUDGES | _ARCHIVES


@pytest.mark.parametrize(
    ("process", "others"),
    [
        ("stages.cli", _OF_NOBODY | {"fastapi", "stripe", "twilio", "PIL"}),
        ("stages.doors.server", _OF_NOBODY),
        ("stages.running", _OF_NOBODY | {"fastapi", "twilio.rest"}),
    ],
)
def test_a_process_loads_nothing_that_only_others_need(process: str, others: set[str]) -> None:
    code = f"import sys, stages.cli, {process}; sys.exit(' '.join({others} & set(sys.modules)) or 0)"
    subprocess.run([sys.executable, "-c", code], check=True)
