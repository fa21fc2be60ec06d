"""Which processes a process has started, and which of them live."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pipeline.embedded.identity import Identity

_PROC = Path("/proc")


def descendants(pid: int | None = None) -> set[Identity]:
    """The living processes below this one, or below `pid`."""
    children: dict[int, list[int]] = defaultdict(list)
    for child, parent in _parents():
        children[parent].append(child)
    found: list[int] = []
    waiting = [pid or os.getpid()]
    while waiting:
        below = children[waiting.pop()]
        found += below
        waiting += below
    return {identity for each in found if (identity := Identity.of(each))}


def alive(processes: Iterable[Identity]) -> list[str]:
    """The command lines of those that still live."""
    return [_command(each.pid) for each in processes if each.is_alive()]


def _parents() -> Iterable[tuple[int, int]]:
    if not (_PROC / "self" / "stat").exists():
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            child, parent = line.split()
            yield int(child), int(parent)
        return
    for stat in _PROC.glob("[0-9]*/stat"):
        try:
            # proc(5): the name, in parentheses, may hold anything; the parent is field 4.
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield int(stat.parent.name), int(fields[1])


def _command(pid: int) -> str:
    if not _PROC.exists():
        asked = ["ps", "-o", "args=", "-p", str(pid)]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    try:
        line = (_PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return f"process {pid}"
    return line.replace(b"\0", b" ").decode(errors="replace").strip()
