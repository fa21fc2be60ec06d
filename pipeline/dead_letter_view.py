"""Dead letters as people and programs read them: masked. What is redriven is the letter itself, as it was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.masking import masked, masked_value, masked_words
from pipeline.ports import Lying

_LONGEST_REASON = 300  # characters in the list; `show` has all of it
_JSON_FIELDS = (b"d", b"hops")  # see Envelope
_LABELS = {"stream": "was in", "entry_id": "was entry"}  # or one would take it for the letter's own id
_ZERO_WIDTH_JOINER = "\u200d"  # holds emoji together

Kinds = Counter[tuple[str, str]]
"""How many dead letters there are of each stage and error class."""


def listing(shown: Sequence[Lying], kinds: Kinds) -> RenderableType:
    """A headline with the counts, and the letters: one line of facts each, with the whole id, and its reason."""
    total = kinds.total()
    if not total:
        return Text("There are no such dead letters.")
    parts: list[RenderableType] = [Text(_headline(len(shown), total), style="bold"), _kinds(kinds)]
    for listed in shown:
        letter = listed.letter
        facts = (
            listed.id,
            letter.stage,
            _attempts(letter.attempts),
            _time(letter.last_failed_ms) or "-",
        )
        said = masked(": ".join(part for part in (letter.error, letter.reason) if part)) or "-"
        parts.append(Text("  ".join(_printable(fact) for fact in facts), no_wrap=True, overflow="ignore"))
        parts.append(Padding(Text(_printable(_short(said))), (0, 0, 0, 4)))
    return Group(*parts)


def listing_as_json(shown: Sequence[Lying], kinds: Kinds) -> dict[str, Any]:
    """The same for programs: `total` and `kinds` count all that were selected, `letters` are those shown."""
    return {
        "total": kinds.total(),
        "kinds": [{"stage": stage, "error": error, "count": n} for (stage, error), n in kinds.most_common()],
        "letters": [_facts(listed) for listed in shown],
    }


def print_letter(listed: Lying, console: Console) -> None:
    """One letter: its facts, its entry with the record in it, and the traceback."""
    grid = Table.grid(padding=(0, 2))
    for name, value in _facts(listed).items():
        if name == "id":  # the headline has it
            continue
        shown = "-" if value in (None, "") else str(value)
        grid.add_row(
            Text(_LABELS.get(name, name.replace("_", " ")), style="bold"),
            Text(_printable(shown), overflow="fold"),
        )
    console.print(Text(f"dead letter {listed.id}", style="bold"), grid, sep="\n")
    entry, escaped = decoded(listed.letter.raw)
    if entry:
        console.print(Text("\nentry", style="bold"))
        # No wrapping: what is copied from here must still be JSON.
        console.print(Text(_printable(json.dumps(entry, indent=2, ensure_ascii=False))), soft_wrap=True)
    if escaped:
        console.print(Text(f"(not UTF-8, bytes escaped: {_printable(', '.join(escaped))})"), soft_wrap=True)
    if listed.letter.detail:
        console.print(Text("\ntraceback", style="bold"))
        console.print(Text(_printable(masked(listed.letter.detail).rstrip())), soft_wrap=True)


def letter_as_json(listed: Lying) -> dict[str, Any]:
    """One letter for programs: its facts, `entry` as `decoded` gives it, and the traceback."""
    entry, escaped = decoded(listed.letter.raw)
    return {**_facts(listed), "entry": entry, "escaped": escaped, "traceback": masked(listed.letter.detail)}


def decoded(raw: Mapping[bytes, bytes]) -> tuple[dict[str, Any], list[str]]:
    """An entry's fields as text, record and hops as JSON values where they are JSON; and the names of the fields
    that hold bytes which are no text: those stand escaped (`\\xff`). Masked."""
    entry: dict[str, Any] = {}
    escaped = []
    for name, value in raw.items():
        shown = name.decode(errors="backslashreplace")
        try:
            name.decode()
            entry[shown] = _masked(shown, _value(name, value.decode()))
        except UnicodeDecodeError:
            entry[shown] = masked_words(value.decode(errors="backslashreplace"))
            escaped.append(shown)
    return entry, escaped


def _masked(name: str, value: Any) -> Any:
    """Masked; a comment's words more strictly, in an entry as in the record in it."""
    if isinstance(value, dict):
        return {each: _masked(each, held) for each, held in value.items()}
    return masked_words(value) if name == "message" and isinstance(value, str) else masked_value(value)


def _value(name: bytes, text: str) -> Any:
    if name not in _JSON_FIELDS:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _facts(listed: Lying) -> dict[str, Any]:
    letter = listed.letter
    return {
        "id": listed.id,
        "stage": letter.stage,
        "comment_id": letter.comment_id,
        "error": letter.error,
        "reason": masked(letter.reason),
        "attempts": letter.attempts,
        "first_failed": _time(letter.first_failed_ms),
        "last_failed": _time(letter.last_failed_ms),
        "stream": letter.stream,
        "entry_id": letter.entry_id,
        "tombstone": letter.is_tombstone,
    }


def _headline(shown: int, total: int) -> str:
    count = f"{total} dead letter{'' if total == 1 else 's'}"
    return count if shown == total else f"{count}; the first {shown} of them (see --limit):"


def _kinds(kinds: Kinds) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for (stage, error), count in kinds.most_common():
        table.add_row(str(count), _printable(stage) or "-", _printable(error) or "-")
    table.columns[0].justify = "right"
    return Padding(table, (0, 0, 1, 2))


def _attempts(count: int) -> str:
    return f"{count} attempt{'' if count == 1 else 's'}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 1]}…"


def _printable(text: str) -> str:
    """Without what would steer a terminal or turn the text round: viewers' words may stand in it."""
    return "".join(
        each
        if each.isprintable() or each in ("\n", "\t", _ZERO_WIDTH_JOINER)
        else each.encode("unicode_escape").decode()
        for each in text
    )


def _time(epoch_ms: int) -> str | None:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="seconds") if epoch_ms else None
