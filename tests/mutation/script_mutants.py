"""Mutants of Lua and SQL, by a list of our own: no tool reaches them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutation.mutant import Mutant, mutant

Rule = tuple[re.Pattern[str], str]


def _rules(*pairs: tuple[str, str]) -> Sequence[Rule]:
    return [(re.compile(pattern, re.IGNORECASE), becomes) for pattern, becomes in pairs]


LUA = _rules(
    (r"==", "~="),
    (r"~=", "=="),
    (r"\band\b", "or"),
    (r"\bor\b", "and"),
    (r"\bnot ", ""),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r" \+ ", " - "),
    (r" - (?=\w)", " + "),
    (r" \* ", " + "),
    (r"(?<![\w'.])0(?![\w'])", "1"),
    (r"(?<![\w'.])1(?![\w'])", "2"),
    (r"(?<![\w'.])([2-9]\d*)(?![\w'])", "1"),
    (r"'\+'", "'-'"),
    (r"'1'", "'0'"),
    (r"\bthen$", "and false then"),
    (r"'JUSTID'", "'FORCE'"),
)
# A whole statement that is left out: a call, or an assignment to what is there already.
LUA_STATEMENT = re.compile(r"^\s*(?:redis\.call|table\.insert|bury_\w+|[\w\[\]# +]+ = )(?!.*\bdo\b).*$")

SQL = _rules(
    (r"(?<![<>!:=])=(?!=)", "<>"),
    (r"<>", "="),
    (r"<=", "<"),
    (r">=", ">"),
    (r"(?<![<-])>(?![>=])", ">="),
    (r"<(?![<>=])", "<="),
    (r" \+ ", " - "),
    (r" - ", " + "),
    (r" \* ", " + "),
    (r"\band\b", "or"),
    (r"\bor\b", "and"),
    (r"\bis null\b", "is not null"),
    (r"\bis not null\b", "is null"),
    (r"\bnot (?!null)", ""),
    (r"\bmin\(", "max("),
    (r"\bmax\(", "min("),
    (r"\bsum\(", "max("),
    (r"\bleast\(", "greatest("),
    (r"\bgreatest\(", "least("),
    (r"\bcoalesce\(", "least("),
    (r"\bdesc\b", "asc"),
    (r"\border by (\S+)", r"order by \1 desc"),
    (r"\bdistinct\b", ""),
    (r"\bleft join\b", "join"),
    (r"\bunion all\b", "union"),
    (r"\bfor (?:no key )?update(?: of \w+)?", ""),
    (r"\bskip locked\b", ""),
    (r"\bon conflict[^;]*?do nothing", ""),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<![\w$'.])0(?![\w'])", "1"),
    (r"(?<![\w$'.])1(?![\w'])", "2"),
)


def script_mutants(file: Path) -> Iterator[Mutant]:
    """Each rule at each place where it fits outside of comments; in Lua each statement left out besides."""
    original = file.read_text(encoding="utf-8")
    rules, statement = (LUA, LUA_STATEMENT) if file.suffix == ".lua" else (SQL, None)
    lines = original.splitlines(keepends=True)
    for number, line in enumerate(lines):
        code = line.partition("--")[0]
        rest = line[len(code) :]
        for changed in _changed(code, rules, statement):
            yield mutant(file, original, "".join([*lines[:number], changed + rest, *lines[number + 1 :]]))


def _changed(code: str, rules: Sequence[Rule], statement: re.Pattern[str] | None) -> Iterator[str]:
    for pattern, becomes in rules:
        for found in pattern.finditer(code):
            yield code[: found.start()] + found.expand(becomes) + code[found.end() :]
    if statement and statement.match(code) and not code.lstrip().startswith("local"):
        yield "\n"
