"""What the migrations promise."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from pipeline.embedded import Postgres
from pipeline.embedded.credentials import free_port
from stages.adapters.database import DatabaseUnavailable, MigrationFailed
from stages.adapters.database import migrate as migrate_module
from stages.adapters.database.migrate import migrate, roll_back
from tests.contract.owners import IMPORT_PATH, ROOT
from tests.fixtures_servers import execute_outside_transaction

TABLES = {
    *("streamers", "products", "product_embeddings", "buyers", "chat_messages", "product_matches", "orders"),
    *("order_numbers", "chat_message_order_mapping", "payment_notifications", "commissions", "end_states"),
    *("outbox", "stripe_events", "intent_corrections", "match_reviews"),
}
numbers = count(1)


@pytest.fixture
def empty_url(postgres: Postgres) -> str:
    """A database without any table."""
    name = f"empty_{next(numbers)}"
    execute_outside_transaction(postgres.url, sql.SQL("create database {}").format(sql.Identifier(name)))
    return postgres.database_url(name)


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return {name for (name,) in rows if "yoyo" not in name}


def test_an_empty_database_gets_every_table(empty_url: str) -> None:
    assert migrate(empty_url)[0] == "0001_first_tables"
    assert tables(empty_url) >= TABLES


def test_it_is_done_once(empty_url: str) -> None:
    migrate(empty_url)
    assert migrate(empty_url) == []


def test_every_migration_can_be_rolled_back_and_applied_again(empty_url: str) -> None:
    applied = migrate(empty_url)
    assert roll_back(empty_url, count=len(applied)) == applied[::-1]
    assert tables(empty_url) == set()
    assert migrate(empty_url) == applied


def test_the_oldest_embedded_release_takes_them_too(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", major=16).start()
    try:
        migrate(server.url)
        assert tables(server.url) >= TABLES
    finally:
        server.remove()


def test_of_processes_that_start_at_once_one_migrates_and_all_go_on(empty_url: str) -> None:
    script = (
        "import sys; from stages.adapters.database.migrate import migrate; print(len(migrate(sys.argv[1])))"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script, empty_url],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": IMPORT_PATH},
        )
        for _ in range(3)
    ]
    applied = sorted(int(starter.communicate()[0]) for starter in starters)
    assert [starter.returncode for starter in starters] == [0, 0, 0]
    assert applied[:2] == [0, 0]
    assert applied[2] >= 1
    assert tables(empty_url) >= TABLES


def test_what_a_crash_left_locked_stops_nobody(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("insert into yoyo_lock (locked, ctime, pid) values (1, now(), 1)")
    applied = roll_back(empty_url, count=100)
    assert migrate(empty_url) == applied[::-1]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Adds a migration to a folder of migrations of the test's own."""
    monkeypatch.setattr(migrate_module, "SOURCE", str(tmp_path))

    def add(name: str, text: str) -> None:
        (tmp_path / f"{name}.sql").write_text(text, encoding="utf-8")

    return add


def test_a_broken_migration_leaves_nothing_behind(empty_url: str, source: Callable[[str, str], None]) -> None:
    source("1_good", "create table good (id int)")
    source("2_broken", "create table half (id int); create table other (id no_such_type)")
    with pytest.raises(MigrationFailed, match='type "no_such_type" does not exist'):
        migrate(empty_url)
    assert tables(empty_url) == {"good"}
    source("2_broken", "create table half (id int)")
    assert migrate(empty_url) == ["2_broken"]


def test_applied_and_noted_are_one_transaction(empty_url: str, source: Callable[[str, str], None]) -> None:
    source("1_good", "create table good (id int)")
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:  # the note will be refused
        connection.execute("alter table _yoyo_migration add check (migration_id not like '2%')")
    source("2_unnoted", "create table unnoted (id int)")
    with pytest.raises(MigrationFailed, match="violates check constraint"):
        migrate(empty_url)
    assert tables(empty_url) == {"good"}


def test_a_server_out_of_reach_is_named_without_the_password() -> None:
    port = free_port()
    with pytest.raises(DatabaseUnavailable, match=f"127.0.0.1:{port}/shop cannot be migrated now") as raised:
        migrate(f"postgresql://me:secret@127.0.0.1:{port}/shop")
    assert "secret" not in str(raised.value)
