"""What the verb `replay` refuses before it begins."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from stages.cli import EXPECTED, app
from stages.replay.failure import BadRequest, ReplayFailed
from stages.settings import MissingSetting


@pytest.mark.parametrize(
    "options",
    [[], ["--from", "yesterday"], ["--from", "-1h", "--to", "-2h"], ["--from", "-1h", "--speed", "fast"]],
)
def test_what_makes_no_sense_is_said_in_a_sentence(options: list[str]) -> None:
    result = CliRunner().invoke(app, ["replay", *options])
    assert isinstance(result.exception, BadRequest)
    assert result.exit_code == 1
    assert issubclass(ReplayFailed, EXPECTED)


def test_a_shadow_has_no_speed() -> None:
    result = CliRunner().invoke(app, ["replay", "--from", "-1h", "--shadow", "--speed", "10"])
    assert result.exit_code == 2
    assert "knows no speed" in result.output


@pytest.mark.parametrize("options", [["--from", "-2h"], ["--from-database"], ["--from-database", "--shadow"]])
def test_relative_moments_are_taken_as_values(options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert isinstance(CliRunner().invoke(app, ["replay", *options]).exception, MissingSetting)
