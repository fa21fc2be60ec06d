"""Every page is found, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
OUTSIDE_THE_SITE = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/README.md", "benchmarks/README.md")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)


class Configuration(yaml.SafeLoader):  # type: ignore[misc]
    """mkdocs.yml, whatever else its tags mean."""


Configuration.add_multi_constructor("tag:yaml.org,2002:python/", lambda _loader, suffix, _node: suffix)


def in_the_menu(entry: Any) -> list[str]:
    """The pages of a part of the menu, in order."""
    if isinstance(entry, str):
        return [entry]
    parts = entry.values() if isinstance(entry, dict) else entry
    return [page for part in parts for page in in_the_menu(part)]


def menu() -> list[str]:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    return in_the_menu(yaml.load(text, Configuration)["nav"])  # noqa: S506 - a safe loader


def heading(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def anchors(page: Path) -> set[str]:
    """What a link may lead to within a page, as mkdocs and GitHub name headings."""
    lines = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", line.lower()).strip()) for line in lines}


def test_every_page_is_in_the_menu_once() -> None:
    assert sorted(menu()) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


def test_the_index_of_decisions_lists_each_by_its_heading_in_order() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", (DOCS / "decisions/index.md").read_text(), re.MULTILINE)
    assert listed == [(heading(page), page.name) for page in DECISIONS]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_bears_its_number(page: Path) -> None:
    assert re.fullmatch(rf"{page.name[:3]}: [A-Z].+", heading(page))


@pytest.mark.parametrize("document", OUTSIDE_THE_SITE)
def test_links_outside_the_site_lead_somewhere(document: str) -> None:
    page = ROOT / document
    for link in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link:
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{document} links to {link}"
        assert not anchor or anchor in anchors(target), f"{document} links to {link}: no such heading"
