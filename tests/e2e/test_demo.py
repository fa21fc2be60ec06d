"""`tiktoksales demo`, as a user starts it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import httpx
import pytest

from deploy.grafana.draw import FOLDER as BOARDS
from deploy.grafana.draw import queries
from pipeline.embedded.identity import Identity
from stages.demo.cli import RECORDED
from stages.demo.show import load_show
from tests.e2e.processes import alive, descendants
from tests.e2e.prometheus import PROMETHEUS, scraping
from tests.e2e.shop import MAYA

pytestmark = pytest.mark.timeout(300)

KEYS = [
    "comments", "intents", "matched", "orders", "paid", "notified", "dropped", "dead_lettered", "p50_ms", "p99_ms",
]  # fmt: skip
_START_SECONDS, _END_SECONDS = 120.0, 240.0
_SHORT_SECONDS = 12.0
_UNENDED_SECONDS = 120.0  # far longer than what comes before the first charge, however slow the machine


class Demo:
    """The demo as a process of its own session, as a terminal gives it one; remembers what it started."""

    def __init__(self, room: Path, *arguments: str, show: Path = RECORDED, cwd: Path | None = None) -> None:
        self.room, self.processes = room, set[Identity]()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "stages", "demo", "--show", str(show.resolve()), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env={**os.environ, "TMPDIR": str(room), "PYTHONPATH": str(Path.cwd())},
            start_new_session=True,
        )

    def look(self) -> bool:
        """Remember what runs below it; whether it runs itself."""
        self.processes |= descendants(self._process.pid)
        return self._process.poll() is None

    def interrupt(self) -> None:
        """Ctrl-C: everything in its session's foreground gets the signal."""
        os.killpg(self._process.pid, signal.SIGINT)

    def end(self) -> tuple[int, str, str]:
        """Wait for its end. Returns status, standard output and standard error."""
        deadline = time.monotonic() + _END_SECONDS
        while True:
            try:
                # Short waits, because what it starts is to be seen while it runs.
                output, errors = self._process.communicate(timeout=0.2)
            except subprocess.TimeoutExpired:
                assert time.monotonic() < deadline, "The demo doesn't end."
                self.look()
            else:
                return self._process.returncode, output, errors

    def kill(self) -> None:
        """For a test that failed."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    @contextmanager
    def watched(self) -> Iterator[Demo]:
        """Leaves no process behind, whatever happens to the test."""
        try:
            yield self
        finally:
            self.kill()


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Where the demo's temporary folders go."""
    room = tmp_path / "room"
    room.mkdir()
    return room


@pytest.fixture
def short_show(tmp_path: Path) -> Path:
    """One that is soon over."""
    return beginning_of_the_show(tmp_path / "show", _SHORT_SECONDS)


def beginning_of_the_show(folder: Path, seconds: float) -> Path:
    """Its first seconds, and its first streamer alone: few pictures have to be looked at."""
    shutil.copytree(RECORDED, folder)
    comments = folder / "comments.jsonl"
    lines = (json.loads(line) for line in comments.read_text(encoding="utf-8").splitlines())
    first = [line for line in lines if line["at"] <= seconds and line.get("streamer") == MAYA]
    comments.write_text("".join(f"{json.dumps(line)}\n" for line in first), encoding="utf-8")
    show, scenes = folder / "show.json", folder / "scenes.json"
    script, shots = json.loads(show.read_text("utf-8")), json.loads(scenes.read_text("utf-8"))
    for part, key in (("streamers", "handle"), ("products", "streamer")):
        script[part] = [each for each in script[part] if each[key] == MAYA]
    writers = {line["client"] for line in first}
    script["buyers"] = [each for each in script["buyers"] if each["client"] in writers]
    show.write_text(json.dumps(script), encoding="utf-8")
    scenes.write_text(json.dumps([each for each in shots if each["streamer"] == MAYA]), encoding="utf-8")
    return folder


def summary_of(output: str) -> dict[str, Any]:
    """The summary, which is the last line of standard output."""
    summary: dict[str, Any] = json.loads(output.splitlines()[-1])
    return summary


def test_the_demo_plays_the_whole_show_on_two_workers_a_stage_while_every_panel_has_data(
    room: Path, tmp_path: Path
) -> None:
    """Long enough for the day's sales to be looked up a second time (see SalesWatch)."""
    with Demo(room, "--json", "--speed", "2", "--workers", "2").watched() as demo:
        empty = _panels_without_data(demo, tmp_path / "prometheus")
        status, output, errors = demo.end()
    assert status == 0, errors
    assert empty == set()
    summary = summary_of(output)
    assert list(summary)[: len(KEYS)] == KEYS
    show = load_show(RECORDED)
    assert summary["comments"] == len(show.lines)
    assert summary["dead_lettered"] == len(show.poison)
    assert summary["intents"] == len(show.lines) - len(show.poison)
    assert summary["orders"] >= summary["paid"] > 0
    assert summary["orders"] >= summary["notified"] > 0
    done = summary["orders"]
    assert summary["comments"] == done + summary["dropped"] + summary["dead_lettered"]
    assert 0 < summary["p50_ms"] <= summary["p99_ms"]
    assert len(demo.processes) >= 17, (
        "gateway, twice six stages, keepers, sandbox, Valkey and Postgres were not all seen"
    )
    assert alive(demo.processes) == []
    assert list(room.iterdir()) == []


def _panels_without_data(demo: Demo, folder: Path) -> set[str]:
    """The queries of the panels that have had no data when the demo ends; a real Prometheus scrapes it."""
    assert PROMETHEUS, "Prometheus is not there: install the package"
    empty = {query for board in BOARDS.iterdir() for query in queries(json.loads(board.read_text()))}
    assert len(empty) > 20
    with scraping(_targets_of(demo), folder) as url:
        while demo.look() and empty:
            for query in list(empty):
                answer = httpx.get(f"{url}/api/v1/query", params={"query": query}, trust_env=False)
                if answer.raise_for_status().json()["data"]["result"]:
                    empty.discard(query)
            time.sleep(0.25)
    return empty


def _targets_of(demo: Demo) -> Path:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and demo.look():
        for targets in demo.room.glob("tiktoksales-*/targets.json"):
            return targets
        time.sleep(0.1)
    raise AssertionError("The demo has started no stage.")


def test_ctrl_c_leaves_nothing_running_and_no_data(room: Path, tmp_path: Path) -> None:
    show = beginning_of_the_show(tmp_path / "show", _UNENDED_SECONDS)
    with Demo(room, "--json", "--speed", "4", show=show).watched() as demo:
        house = _wait_for_a_charge(demo)
        places = [Path(file.read_text()) for file in house.glob("postgres/postgres.place")]
        demo.interrupt()
        status, output, _ = demo.end()
    assert status != 0
    assert output == ""
    assert alive(demo.processes) == []
    assert list(room.iterdir()) == []
    assert not [place for place in places if place.exists()]


def _wait_for_a_charge(demo: Demo) -> Path:
    """The demo's folder, once its show is well under way."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and demo.look():
        for secrets in demo.room.glob("tiktoksales-*/secrets.json"):
            if _charges(secrets):
                return secrets.parent
        time.sleep(0.25)
    raise AssertionError("The demo has not charged anybody.")


def _charges(secrets: Path) -> bool:
    try:
        port = json.loads(secrets.read_text())["sandbox_port"]
        with urlopen(f"http://127.0.0.1:{port}/ledger", timeout=5) as answer:
            return bool(json.load(answer)["charges"])
    except (OSError, ValueError):  # not written, or not listening yet
        return False


def test_a_kept_show_that_is_played_again_adds_no_order_and_no_charge(
    room: Path, short_show: Path, tmp_path: Path
) -> None:
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    arguments = ("--json", "--keep", "--speed", "8")
    started: set[Identity] = set()
    try:
        first, charges = _play_and_keep(Demo(room, *arguments, show=short_show, cwd=cwd), started)
        assert len(alive(started)) >= 11
        second, charges_again = _play_and_keep(Demo(room, *arguments, show=short_show, cwd=cwd), started)
    finally:
        with Demo(room, "--stop", cwd=cwd).watched() as stopping:
            status, _, errors = stopping.end()
    assert (status, errors) == (0, "")
    assert first["orders"] > 0
    assert second["comments"] == first["comments"]  # the gateway answers as it did the first time
    assert {key: second[key] for key in ("orders", "paid", "notified")} == {
        key: first[key] for key in ("orders", "paid", "notified")
    }
    assert len(charges) == first["paid"] > 0
    assert charges_again == charges
    assert alive(started) == []
    assert not (cwd / ".demo").exists()


def _play_and_keep(demo: Demo, started: set[Identity]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The summary, and the charges at the sandbox that was left running; what was started is added to `started`."""
    with demo.watched():
        status, output, errors = demo.end()
    started |= demo.processes
    assert status == 0, errors
    [url] = [word for line in errors.splitlines() if "sandbox ledger" in line for word in line.split()[-1:]]
    charges: list[dict[str, Any]] = httpx.get(url, timeout=10, trust_env=False).json()["charges"]
    return summary_of(output), charges
