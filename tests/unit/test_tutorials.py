"""The tutorials' code does what they say."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pipeline.testing import MemoryRun, VirtualClock
from schemas.records import MatchedComment
from stages.connectors.connecting import Connector
from stages.connectors.incoming import Incoming
from stages.connectors.source import Checkpoint
from stages.settings import MissingSetting
from stages.wiring import STAGES
from tests.records import claim

DOCS = Path(__file__).parents[2] / "docs"
NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
MOST_LINES = 30


def blocks(page: str) -> dict[str, str]:
    """The Python blocks of a page, by their titles."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return dict(re.findall(r'^```python title="([^"]+)"\n(.*?)^```', text, re.DOTALL | re.MULTILINE))


@pytest.fixture
def stage_tutorial(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the names of the stage tutorial mean."""
    shown = blocks("adding-a-stage.md")
    written = ModuleType("stages.bulk")
    exec(shown["stages/bulk.py"], written.__dict__)  # noqa: S102 - the tutorial's own code
    monkeypatch.setitem(sys.modules, "stages.bulk", written)
    names = dict(written.__dict__)
    exec(shown["tests/unit/test_bulk.py"], names)  # noqa: S102
    names["line"] = eval("{" + shown["in STAGES"] + "}", names)  # noqa: S307
    return names


async def test_the_tutorials_test_passes(stage_tutorial: dict[str, Any]) -> None:
    await stage_tutorial["test_a_claim_of_too_many_pieces_ends_here"]()


async def test_the_tutorials_stage_lets_the_others_go_on(stage_tutorial: dict[str, Any]) -> None:
    assert set(stage_tutorial["line"]) == {"bulk"}
    assert "bulk" not in STAGES
    run = MemoryRun(stage_tutorial["line"]["bulk"](None))
    few, many = claim(quantity=10), claim(quantity=11)
    run.add("bulk", few)
    run.add("bulk", many)
    await run.until_idle()
    assert run.records("order", MatchedComment) == [few]


def test_a_stage_costs_less_than_thirty_lines() -> None:
    lines = [line for code in blocks("adding-a-stage.md").values() for line in code.splitlines() if line]
    assert len(lines) < MOST_LINES


class Pushed:
    """An outlet and a memory that keep what they are given."""

    def __init__(self) -> None:
        self.comments: list[Incoming] = []
        self.remembered: list[str] = []

    async def push(self, batch: Sequence[Incoming]) -> int:
        self.comments += batch
        return len(batch)

    async def known(self, identities: Sequence[str]) -> Collection[str]:
        return [identity for identity in identities if identity in self.remembered]

    async def remember(self, identities: Sequence[str], checkpoint: Checkpoint | None) -> None:
        self.remembered += identities

    async def checkpoint(self) -> Checkpoint | None:
        return None


@pytest.fixture
def connector_tutorial(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the names of the connector tutorial mean; `connect` is a command line of its own."""
    shown = blocks("adding-a-connector.md")
    names: dict[str, Any] = {"connect": typer.Typer()}
    for module in ("source", "command"):
        name = f"stages.connectors.chalkboard.{module}"
        written = ModuleType(name)
        exec(shown[f"stages/connectors/chalkboard/{module}.py"], written.__dict__)  # noqa: S102
        monkeypatch.setitem(sys.modules, name, written)
        names |= written.__dict__
    exec(shown["tests/unit/test_chalkboard.py"], names)  # noqa: S102
    exec(shown["in stages/connectors/cli.py"], names)  # noqa: S102
    return names


async def test_the_connector_tutorials_test_passes(connector_tutorial: dict[str, Any]) -> None:
    await connector_tutorial["test_a_note_is_no_comment"]()


def test_the_tutorials_connector_has_a_command(
    connector_tutorial: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "")
    (tmp_path / "board.csv").write_text("1,emma_r,I want it\n")
    called = CliRunner().invoke(
        connector_tutorial["connect"], [str(tmp_path / "board.csv"), "--streamer", "maya.closet"]
    )
    assert isinstance(called.exception, MissingSetting)  # it came as far as asking for Redis


async def test_the_tutorials_connector_brings_each_comment_once(connector_tutorial: dict[str, Any]) -> None:
    lines = [("1", "emma_r", "I want it"), ("2", "host", "# a note"), ("3", "jo", "me too")]
    pushed = Pushed()
    for _ in range(2):
        source = connector_tutorial["Chalkboard"]("maya.closet", lines)
        clock = VirtualClock(NOW)
        await Connector(source, pushed, pushed, now=clock.utc_now, random=lambda: 0.5).run()
    assert [(each.client, each.message) for each in pushed.comments] == [
        ("emma_r", "I want it"),
        ("jo", "me too"),
    ]
