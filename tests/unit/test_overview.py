"""`tiktoksales` without arguments helps."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from stages.cli import app
from stages.commands.overview import VERBS

_NARROW = 80
_BESIDE_A_LINE = 4  # frame and spaces


def said() -> str:
    return CliRunner().invoke(app, [], env={"COLUMNS": str(_NARROW)}).output


def test_each_verb_has_a_line_in_the_overview_and_each_line_a_verb() -> None:
    lines = [name for panel in VERBS.values() for name in panel]
    command = typer.main.get_command(app)
    assert sorted(lines) == sorted(getattr(command, "commands", {}))


def test_the_demo_is_what_a_newcomer_reads_first() -> None:
    words = said().split()
    assert words.index("demo") < words.index("doctor") < words.index("catalog")
    assert "tiktoksales demo" in said()


def test_each_verb_takes_one_line_of_a_narrow_terminal() -> None:
    widest = max(len(name) for panel in VERBS.values() for name in panel)
    for panel, lines in VERBS.items():
        assert panel in said()
        for name, line in lines.items():
            assert widest + 2 + len(line) <= _NARROW - _BESIDE_A_LINE, name
            assert line in said()
