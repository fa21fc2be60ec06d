"""SQL by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from stages.adapters.database.statements import UnknownStatement, read_statement, sql_files, statement


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sql" / "orders").mkdir(parents=True)
    (tmp_path / "sql" / "orders" / "place.sql").write_text("select '💕'\n", encoding="utf-8")
    (tmp_path / "secret.sql").write_text("select 'not yours'\n", encoding="utf-8")
    return tmp_path / "sql"


def test_a_statement_is_found_by_its_path(root: Path) -> None:
    assert read_statement(root, "orders/place") == "select '💕'\n"


@pytest.mark.parametrize(
    "name", ["orders/plaice", "orders", "", "orders/place.sql", "../secret", "/orders/place"]
)
def test_any_other_name_is_refused_with_the_file_to_add(root: Path, name: str) -> None:
    with pytest.raises(UnknownStatement, match=r"add .*\.sql below"):
        read_statement(root, name)


def test_the_statements_lie_in_the_package() -> None:
    with pytest.raises(UnknownStatement, match="orders/no_such_statement"):
        statement("orders/no_such_statement")
    assert sql_files().is_dir()
