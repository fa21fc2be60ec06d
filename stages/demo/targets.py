"""Where Prometheus finds the processes of a house."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.embedded.credentials import free_port


class Targets:
    """Kept in `file`, as Prometheus' file_sd_configs reads it: each process with the label `process`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ports: dict[str, int] = {}

    def draw(self, process: str) -> int:
        """A port for the metrics of a process that is about to start."""
        port = free_port()
        self.put(process, port)
        return port

    def put(self, process: str, port: int) -> None:
        """A process tells its metrics at this port of its own."""
        self._ports[process] = port
        self._write()

    def drop(self, process: str) -> None:
        """A process is gone for good."""
        if self._ports.pop(process, None):
            self._write()

    def _write(self) -> None:
        groups = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"process": process}}
            for process, port in sorted(self._ports.items())
        ]
        self._file.write_text(json.dumps(groups))
