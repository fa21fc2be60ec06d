"""Which process a pid means: a pid alone is handed out again, a pid and its start time are not."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc/self/stat")


@dataclass(frozen=True, slots=True)
class Identity:
    """One process of this machine; `started` is the kernel's start time, in the kernel's own unit."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The living process that has this pid, or None; a zombie doesn't live."""
        started = _start_time(pid)
        return None if started is None else cls(pid, started)

    def is_alive(self) -> bool:
        return _start_time(self.pid) == self.started


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """What is written beside a server's data: the server, its owner, and whether it outlives the owner."""

    server: Identity
    owner: Identity
    kept: bool

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """The record, or None where none was written (or only half of one, by a process that died)."""
        try:
            fields = json.loads(file.read_text(encoding="utf-8"))
            return cls(Identity(**fields["server"]), Identity(**fields["owner"]), bool(fields["kept"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, file: Path) -> None:
        """Replace the record."""
        fields = {
            "server": {"pid": self.server.pid, "started": self.server.started},
            "owner": {"pid": self.owner.pid, "started": self.owner.started},
            "kept": self.kept,
        }
        file.write_text(json.dumps(fields), encoding="utf-8")


def this_process() -> Identity:
    """Our own. Raises RuntimeError where the system tells nothing of processes."""
    own = Identity.of(os.getpid())
    if own is None:
        raise RuntimeError("This process cannot see itself; is /proc mounted, or `ps` installed?")
    return own


def _start_time(pid: int) -> str | None:
    if not _PROC.exists():
        return _start_time_from_ps(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # proc(5): the name, in parentheses, may hold anything; state is field 3, starttime field 22.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _start_time_from_ps(pid: int) -> str | None:
    asked = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = asked.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()
