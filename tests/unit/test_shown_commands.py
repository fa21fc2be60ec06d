"""Commands of the documentation that are not executed (tests/e2e/test_commands.py) are at least understood."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
from contextlib import suppress
from typing import Any

import pytest
import typer

from stages.cli import app
from stages.running import RUNNABLE
from tests.shown import DOCUMENTS, LANGUAGES, ROOT, blocks, commands, shown
from tests.unexecuted import UNEXECUTED

REFUSED = (AssertionError, *typer.BadParameter.__bases__)
_INDENTED = re.compile(r"(?:\A|\n\n) {4}[^\n]+")


def understand(arguments: list[str]) -> None:
    """Parse a call of our program as it parses itself, and run nothing. Raises REFUSED."""
    command: Any = typer.main.get_command(app)
    path = ["tiktoksales"]
    while hasattr(command, "commands"):
        name, *arguments = arguments
        assert name in command.commands, f"{' '.join(path)}: there is no verb {name!r}"
        command = command.commands[name]
        path.append(name)
    with suppress(typer.Exit):  # --help
        command.make_context(" ".join(path), list(arguments))
    if path[1] == "run":
        assert set(arguments) <= set(RUNNABLE)


def ours(command: str) -> list[str] | None:
    """The arguments of our program in a command, if it is in it."""
    called = re.search(r"(?:^|\| )(?:tiktoksales|docker compose run --rm console) (.+)$", command)
    return shlex.split(called[1]) if called else None


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_block_says_what_it_is(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert {block.language for block in blocks(document)} <= LANGUAGES
    assert _INDENTED.findall(re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)) == []


def test_what_is_said_not_to_be_executed_is_shown() -> None:
    everything = {each.text for document in DOCUMENTS for each in shown(document)}
    assert UNEXECUTED.keys() - everything == set()


@pytest.mark.parametrize("command", [each for each in UNEXECUTED if ours(each)])
def test_a_call_that_is_not_executed_is_understood(command: str) -> None:
    understand(ours(command) or [])


@pytest.mark.parametrize(
    "wrong",
    ["nonsense", "dlq nonsense", "trace", "connect tiktok", "scale-plan --rate fast", "run --nonsense"],
)
def test_a_call_that_would_be_refused_is_noticed(wrong: str) -> None:
    with pytest.raises(REFUSED, match=r"no verb|Missing|valid|No such"):
        understand(wrong.split())


@pytest.mark.parametrize("command", [each for each in UNEXECUTED if each.startswith("make ")])
def test_make_knows_how(command: str) -> None:
    # Of the `make` that may have called us, nothing is wanted here, its ARGS least of all.
    ours = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "ARGS"}}
    tried = subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=ROOT, env=ours, capture_output=True, text=True
    )
    assert tried.returncode == 0, tried.stderr
    for called in re.findall(r"tiktoksales (.+)", tried.stdout):
        understand(shlex.split(called))


@pytest.mark.parametrize("command", [each for each in UNEXECUTED if each.startswith("python ")])
def test_the_module_is_there(command: str) -> None:
    assert importlib.util.find_spec(shlex.split(command)[2]) is not None


def test_commands_are_told_from_their_comments() -> None:
    text = "a 'b # c'   # d\n\n# e\necho '{\n  \"f\": 1}'\ng"
    assert list(commands(text)) == ["a 'b # c'", "echo '{\n  \"f\": 1}'", "g"]
