"""Runs one benchmark and keeps what it found."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.suite.machine import commit, load_average, machine, versions

_MOST_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Result:
    """`figures` are the benchmark's last line; `failure` says in words why they can't be relied on, if so."""

    benchmark: str
    figures: dict[str, Any] | None
    failure: str | None
    seconds: float
    load_average: tuple[float, float]
    """Before and after it."""
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def write(self, folder: Path, root: Path) -> Path:
        """Keep it as `folder`/NAME.json, with the machine it ran on. Returns the file."""
        file = folder / f"{self.benchmark}.json"
        known = {**asdict(self), "code": commit(root), "machine": machine(), "versions": versions()}
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return file


def run_short(name: str, module: str, root: Path, most_seconds: float = _MOST_SECONDS) -> Result:
    """Run `python -m MODULE --short` in `root`; what it says beside its figures goes to our standard error."""
    before, begun = load_average(), time.monotonic()
    status, said = _run([sys.executable, "-m", module, "--short"], root, most_seconds)
    seconds, figures = round(time.monotonic() - begun, 1), _figures(said)
    return Result(name, figures, _failure(status, figures, most_seconds), seconds, (before, load_average()))


def _run(command: list[str], root: Path, most_seconds: float) -> tuple[int | None, str]:
    """Status and standard output; the status None where it took too long, and was ended with all it had started."""
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=most_seconds)
        except BaseException as error:  # Ctrl-C too: it has a session of its own
            os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return None, ""
        return process.returncode, said


def _figures(said: str) -> dict[str, Any] | None:
    lines = said.strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else None
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _failure(status: int | None, figures: dict[str, Any] | None, most_seconds: float) -> str | None:
    if status is None:
        return f"It did not end within {most_seconds:g} s."
    if status != 0:
        return f"It ended with status {status}."
    if figures is None:
        return "Its last line is no JSON object."
    return None
