"""The dashboards are what their program writes."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.grafana.draw import FOLDER, queries, write


def test_the_dashboards_are_written_anew_after_each_change(tmp_path: Path) -> None:
    write(tmp_path)
    written = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert written == {file.name: file.read_text() for file in FOLDER.iterdir()}, (
        "python deploy/grafana/draw.py"
    )


def test_every_panel_asks_prometheus_something() -> None:
    for file in FOLDER.iterdir():
        board = json.loads(file.read_text())
        panels = [panel for panel in board["panels"] if panel["type"] != "row"]
        assert len(list(queries(board))) == len(panels) > 5
