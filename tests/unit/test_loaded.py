"""What a process has in its memory that it never needs."""

from __future__ import annotations

import subprocess
import sys


def test_a_gateway_loads_nothing_that_only_others_need() -> None:
    others = {"psycopg", "yoyo", "pyarrow", "torch", "onnxruntime"}  # they migrate, archive, train and judge
    code = (
        f"import sys, stages.cli, stages.doors.server; sys.exit(' '.join({others} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
