"""README and documentation tell the truth: table, commands, names of settings, and the signing example."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import typer

from schemas.signature import sign
from stages.cli import app
from stages.ingest import open_comment
from stages.running import RUNNABLE
from stages.sandbox.settings import settings_from
from stages.settings import ShopSettings
from stages.settings_table import BEGIN, NoMarkers, settings_table, with_table
from stages.sources import Sources
from tests.shown import shown as shown_in

ROOT = Path(__file__).parents[2]
TUTORIALS = {
    "docs/adding-a-stage.md",
    "docs/adding-a-connector.md",
}  # show what isn't there yet: test_tutorials.py
PAGES = tuple(sorted({str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md")} - TUTORIALS))
DOCUMENTS = ("README.md", "CONTRIBUTING.md", *PAGES)
SETTINGS = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
TEXTS = "\n".join((ROOT / document).read_text(encoding="utf-8") for document in DOCUMENTS)
PYTHON_BLOCKS = re.findall(
    r"^```python\n(.*?)^```",
    (ROOT / "docs/doors.md").read_text(encoding="utf-8"),
    re.DOTALL | re.MULTILINE,
)

_OUR_PROGRAM = re.compile(r"^(?:.*\| )?(?:\.venv/bin/)?tiktoksales (.+)$")
_MODULE = re.compile(r"(?:^|\s|`)(?:\S*/)?python -m (\S+?)(?:[`\s)]|$)")
_EXPORTED = re.compile(r"(?:^export|\s)\s*([A-Z][A-Z_]+)=")
_NOT_OURS = {"GATEWAY", "ARGS", "PYTHON", "EUR"}  # the reader's own variable, make's, and a rate's


def commands(document: str) -> Iterator[str]:
    """What blocks of shell show, and the text between backticks, without the comment behind them."""
    yield from (each.text for each in shown_in(document))
    text = re.sub(
        r"^```.*?^```", "", (ROOT / document).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    yield from (inline for line in text.splitlines() for inline in re.findall(r"`([^`]+)`", line))


def our_commands() -> list[list[str]]:
    """The arguments of each call of our program that a document shows."""
    found = [_OUR_PROGRAM.match(command) for document in DOCUMENTS for command in commands(document)]
    return [shlex.split(match[1]) for match in found if match]


def check_call(arguments: list[str]) -> None:
    """Fail where a verb or an option isn't there."""
    command: Any = typer.main.get_command(app)
    words = iter(arguments)
    while isinstance(getattr(command, "commands", None), dict):
        word = next(words, None)
        assert word in command.commands, f"tiktoksales {' '.join(arguments)}: there is no verb {word!r}"
        command = command.commands[word]
    rest = list(words)
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    unknown = {word for word in rest if word.startswith("--")} - options
    assert not unknown, f"tiktoksales {' '.join(arguments)}: there is no option {unknown}"
    if command.name == "run":
        assert set(rest) <= set(RUNNABLE), f"tiktoksales run: there is no stage in {rest}"


def test_the_table_of_settings_is_fresh() -> None:
    assert with_table(SETTINGS, "docs/settings.md") == SETTINGS, (
        "run `python -m stages.settings_table docs/settings.md`"
    )


def test_the_table_names_every_setting_with_its_meaning() -> None:
    rows = {
        line.split("|")[1].strip(): line.split("|")[3].strip() for line in settings_table().splitlines()[2:]
    }
    assert set(rows) == {f"`{name.upper()}`" for name in ShopSettings.model_fields}
    assert all(rows.values()), "a setting without a description"


def test_no_default_of_this_machine_stands_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings_table()
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    assert settings_table() == before
    assert ShopSettings.model_fields["consumer_name"].default not in before


@pytest.mark.parametrize("text", ["nothing", BEGIN])
def test_a_file_without_markers_is_refused(text: str) -> None:
    with pytest.raises(NoMarkers, match=r"NOTES\.md has no place for the settings"):
        with_table(text, "NOTES.md")


@pytest.mark.parametrize("arguments", our_commands(), ids=" ".join)
def test_a_shown_command_exists(arguments: list[str]) -> None:
    check_call(arguments)


@pytest.mark.parametrize(
    "wrong", [["nonsense"], ["dlq", "nonsense"], ["trace", "--nonsense"], ["run", "nonsense"]]
)
def test_a_command_that_does_not_exist_would_be_noticed(wrong: list[str]) -> None:
    with pytest.raises(AssertionError, match="there is no"):
        check_call(wrong)


def test_enough_commands_are_found() -> None:
    verbs = {call[0] for call in our_commands()}
    assert {"run", "serve", "dlq", "trace", "classify", "match"} <= verbs


def test_shown_targets_exist_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = {
        target
        for document in DOCUMENTS
        for command in commands(document)
        for target in re.findall(r"(?:^|\s)make ([a-z-]+)", command)
    }
    assert {"demo", "test", "check", "demo-stop"} <= shown
    assert {target for target in shown if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()


def test_shown_options_of_the_demo_exist() -> None:
    for shown in re.findall(r'make demo ARGS=(?:"([^"]+)"|(\S+?))[`\s]', TEXTS):
        check_call(["demo", *shlex.split(shown[0] or shown[1])])


def test_shown_modules_exist() -> None:
    shown = {name for document in DOCUMENTS for c in commands(document) for name in _MODULE.findall(c)}
    assert {"stages.sandbox", "stages.settings_table"} <= shown
    for name in shown:
        assert importlib.util.find_spec(name) is not None, name


def test_shown_variables_are_settings() -> None:
    shown = {
        name for document in DOCUMENTS for c in commands(document) for name in _EXPORTED.findall(c)
    } - _NOT_OURS
    assert {"REDIS_URL", "DATABASE_URL", "STRIPE_API_KEY", "TWILIO_AUTH_TOKEN"} <= shown
    ours = {name.upper() for name in ShopSettings.model_fields}
    assert {name for name in shown if name not in ours and not name.startswith("SANDBOX_")} == set()
    assert settings_from({"SANDBOX_WEBHOOK_URL": "http://127.0.0.1:8081"}, None).webhook_url


def test_shown_files_exist() -> None:
    shown = set(re.findall(r"\b(?:deploy|stages|docs|schemas|pipeline)/[\w./-]+\w", TEXTS)) - {
        "stages/NAME.py"
    }
    assert len(shown) > 3
    assert {path for path in shown if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize(
    "fields",
    [
        {"streamer": "maya.closet", "message": "OMG 💕", "source": "gateway", "message_id": "1"},
        {"b": "", "a": "1:x", "Z": "ü", "\U0001f600": "\uffff", "\uffff": "2"},
        {"message": "a signature is not signed itself", "sig": "deadbeef"},
    ],
)
def test_the_shown_signature_is_ours(fields: dict[str, str]) -> None:
    example: dict[str, Any] = {}
    exec(PYTHON_BLOCKS[0], example)  # noqa: S102 - the documentation's own example
    assert example["sign"](fields, "key") == sign(fields, "key")


def test_the_shown_push_is_a_verified_comment(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_KEYS", '{"gateway": "the key"}')
    monkeypatch.setenv("REDIS_URL", redis_url)
    example: dict[str, Any] = {}
    for block in PYTHON_BLOCKS:
        exec(block, example)  # noqa: S102 - the documentation's own example

    comment = pushed(redis_url, Sources({"gateway": "the key"}, frozenset({"gateway"})))

    assert (comment.source, comment.viewer.verified) == ("gateway", True)
    assert comment.message == "OMG I love this jacket! I want to buy it now!"


def test_the_shown_plain_push_is_an_unverified_comment(redis_url: str) -> None:
    (line,) = (command for command in commands("docs/doors.md") if command.startswith("redis-cli "))
    with redis.Redis.from_url(redis_url) as client:
        client.execute_command(*shlex.split(line)[3:])

    comment = pushed(redis_url, Sources({"gateway": "the key"}, frozenset({"gateway"})))

    assert (comment.source, comment.viewer.verified, comment.viewer.client) == ("stream", False, "walkin")


def pushed(redis_url: str, sources: Sources) -> Any:
    """The one comment in the public stream, as ingest understands it."""
    with redis.Redis.from_url(redis_url) as client:
        ((entry_id, fields),) = client.xrange("comments_stream")
    return open_comment(entry_id.decode(), fields, sources=sources).record
