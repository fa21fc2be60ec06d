"""What a user can do wrong at the command line: each is a sentence that says what to do, and never a traceback."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from pipeline.embedded import Postgres
from pipeline.embedded.credentials import free_port
from stages import cli

NOBODY = "00000000-0000-0000-0000-000000000000"
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def environment(redis_url: str, database_url: str, tmp_path: Path) -> dict[str, str]:
    """Of a shop that lacks nothing for what is tried here."""
    return {
        "REDIS_URL": redis_url,
        "DATABASE_URL": database_url,
        "DATA_KEYS": json.dumps([Fernet.generate_key().decode()]),
        "CATALOG_URL": tmp_path.as_uri(),
        "FRAMES_URL": tmp_path.as_uri(),
        "STRIPE_API_KEY": "sk_test_1",
        "STRIPE_WEBHOOK_SECRET": "whsec_1",
        "OPEN_DOORS": "true",
        "COLUMNS": "500",  # usage errors stand in a box
    }


@pytest.fixture
def command(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """Runs `tiktoksales`, in this process; gives status and words."""
    monkeypatch.setattr(cli, "log_to_stderr", lambda _: None)

    def run(*words: str, **changed: str | None) -> tuple[int, str]:
        for name, value in {**environment, **changed}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["tiktoksales", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr().err
        return (ended.value.code, said) if isinstance(ended.value.code, int) else (1, str(ended.value.code))

    return run


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REDIS_URL", "localhost:6379", "REDIS_URL does not look as it must. It is for: Redis 7+ or Valkey"),
        ("REDIS_URL", "redis://host:port", "REDIS_URL is not right: it names no host:port (host:port); in a password,"),
        ("DATABASE_URL", "mysql://h/x", "DATABASE_URL does not look as it must. It is for: Postgres 15+"),
        ("DATABASE_URL", "postgresql://me:a/b@h/x", "DATABASE_URL is not right: it names no host:port (me:a)"),
        ("PARTITIONS", "0", "PARTITIONS is not right: input should be greater than or equal to 1."),
        ("SOURCE_KEYS", "secret", "SOURCE_KEYS is no JSON, as which lists and maps are written. It is for: Keys by"),
        ("FRAMES_URL", "ftp://h/x", "FRAMES_URL does not look as it must. It is for: Where the frames lie"),
        ("ARCHIVE_URL", "archive", "ARCHIVE_URL does not look as it must."),
        ("TRACKING_URL", "http://{x}", "TRACKING_URL may hold {order_number}, and no other braces."),
        ("ENGINE", "nats", "ENGINE is not right: input should be 'redis' or 'kafka'."),
    ],
)  # fmt: skip
def test_a_setting_that_is_wrong(command: Command, name: str, value: str, words: str) -> None:
    status, said = command("orders", "list", **{name: value})
    assert status == 1
    assert said.startswith(f"tiktoksales: {words}")
    assert said.endswith("`docs/settings.md` has them all, and `tiktoksales doctor` looks at them.")


def test_all_settings_that_are_wrong_are_named_at_once(command: Command) -> None:
    _, said = command("orders", "list", PARTITIONS="0", HIGH_WATER="none")
    assert "PARTITIONS is not right" in said
    assert "HIGH_WATER is not right" in said
    assert "none" not in said


@pytest.mark.parametrize(
    ("words", "changed", "said"),
    [
        (("orders", "list"), {"DATABASE_URL": None}, "DATABASE_URL is not set: where Postgres listens."),
        (("dlq", "list"), {"REDIS_URL": None}, "REDIS_URL is not set: where Redis or Valkey listens."),
        (("onboard", "link", "bo"), {"DATA_KEYS": None}, "DATA_KEYS is not set"),
        (("onboard", "link", "bo"), {"STRIPE_API_KEY": None}, "STRIPE_API_KEY is not set: Stripe's secret key."),
        (("onboard", "link", "bo"), {"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET is not set"),
        (("rotate-keys",), {"DATA_KEYS": None}, "DATA_KEYS is not set"),
        (("run", "archiver"), {"ENGINE": "kafka"}, "archiver runs with ENGINE=redis alone"),
        (("run", "intent"), {"INTENT_MODEL": "/nowhere"}, "There is no intent model at /nowhere. Leave INTENT_MODEL"),
        (("serve", "gateway", "--host", "0.0.0.0"), {}, "OPEN_DOORS asks nobody for a key"),
        (("serve", "gateway", "--tls-cert", "/x"), {}, "TLS needs both, TLS_CERT (--tls-cert) and TLS_KEY"),
        (("serve", "gateway", "--host", "x.invalid"), {"OPEN_DOORS": "false"}, "No door can be opened at x.invalid"),
        (("run", "nonsense"), {}, "there is no stage 'nonsense'; there are ingest, intent, vision, order"),
        (("trace", "xyz"), {}, "Give a comment's id (a UUID) or an order number (ORD-YYYYMMDD-NNNNN), the"),
        (("orders", "show", "ORD-1"), {}, "There is no order 'ORD-1': see `tiktoksales orders list`."),
        (("catalog", "list", "nobody"), {}, "--streamer nobody --currency USD` registers one"),
        (("commissions", "nobody"), {}, "--streamer nobody --currency USD` registers one"),
        (("onboard", "link", " "), {}, "say for whom the link is: their name, as their comments show it"),
        (("commissions", "bella", "--pay-to", "x"), {}, "'x' is no connected account of Stripe: its id begins with"),
        (("pin", "", "A"), {}, "say whose product it is"),
        (("onboard", "link", "bo", "--platform", ""), {}, "say on which platform they write"),
        (("run", "archiver"), {"ARCHIVE_URL": "file:///proc/x"}, "ARCHIVE_URL 'file:///proc/x' can't be used (No such"),
        (("pin", "nobody", "A"), {}, "--streamer nobody --currency USD` registers one"),
        (("keys", "revoke", "nope"), {}, "No key nope is in use: see `tiktoksales keys list`."),
        (("keys", "create", "x", "--scope", "odd"), {}, "there is no scope 'odd'; there are ingest, orders, console"),
        (("keys", "create", " ", "--scope", "ingest"), {}, "say whose the key is"),
        (("webhooks", "add", "http://h/x"), {}, "Events are sent over https only: begin the URL with https://."),
        (("reviews", "decline", NOBODY), {}, "waits for no decision: see `tiktoksales reviews list`."),
        (("correct", NOBODY, "buy"), {}, "`tiktoksales trace` shows a comment's id."),
        (("forget", "nobody"), {}, "bought or written anything: give the name as their comments show it."),
        (("dlq", "show", "nope"), {}, "There is no dead letter nope; `tiktoksales dlq list` shows those there are."),
        (("replay", "--from", "x"), {}, "'x' is no moment: write ISO 8601 such as"),
        (("replay",), {}, "Say with --from where the replay begins"),
        (("audit", "--day", "x"), {}, "'x' is no day: write 2026-11-22, today or yesterday"),
        (("cost", "--price", "odd=1"), {}, "'odd=1' is no price: say NAME=DOLLARS"),
        (("connect", "tiktok", ""), {}, "say who is live: @name, or the address of the live"),
        (("connect", "youtube", "x", "--streamer", "b"), {}, "'x' is no video of YouTube"),
        (("connect", "file", "/nowhere.jsonl"), {}, "/nowhere.jsonl can't be read: No such file or directory."),
        (("demo", "--show", "/nowhere"), {}, "/nowhere/show.json cannot be read (No such file or directory)."),
        (("orders", "export", "--to", "/nowhere/x"), {}, "(No such file or directory): name with --to a file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_a_command_that_cannot_be_carried_out(
    command: Command, words: tuple[str, ...], changed: dict[str, Any], said: str
) -> None:
    status, told = command(*words, **changed)
    assert status in (1, 2)
    assert said in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "words", [("trace", "xyz"), ("correct", NOBODY, "buy"), ("rotate-keys",)], ids=" ".join
)
def test_a_database_without_tables(command: Command, postgres: Postgres, words: tuple[str, ...]) -> None:
    said = command(*words, DATABASE_URL=postgres.database_url("postgres"))
    assert said == (1, "tiktoksales: The database has no tables yet: run `tiktoksales migrate` first.")


def test_what_is_not_set_can_be_taken_from_a_demo_that_was_left_up_here(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "`tiktoksales demo` brings everything" in command("dlq", "list", REDIS_URL=None)[1]
    (tmp_path / ".demo").mkdir()
    (tmp_path / ".demo" / "environment").touch()
    assert (
        "`. .demo/environment` sets it for the demo that was left up here."
        in command("dlq", "list", REDIS_URL=None)[1]
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\x00\xff\xfe", "The file is no text: save it as CSV in UTF-8."),
        (b"", "The file is empty: its first line must name the columns."),
        (b"a,b\n1,2\n", "The sheet has no column 'sku'. It needs sku, name, price, stock"),
    ],
)
def test_a_sheet_that_is_none(command: Command, tmp_path: Path, text: bytes, said: str) -> None:
    (tmp_path / "sheet.csv").write_bytes(text)
    status, told = command(
        "catalog", "import", str(tmp_path / "sheet.csv"), "--streamer", "bella", "--currency", "USD"
    )
    assert status == 1
    assert said in told


def test_rows_that_are_wrong_are_named_and_the_others_taken_in(command: Command, tmp_path: Path) -> None:
    sheet = "sku,name,price,stock\nA,Hat,12.50,3\nB,Cap,abc,3\n"
    (tmp_path / "sheet.csv").write_text(sheet)
    told = command("catalog", "import", str(tmp_path / "sheet.csv"), "--streamer", "ada", "--currency", "USD")
    assert told == (1, "line 3: 'abc' is no price\n")


def test_a_redis_that_refuses_us_stops_the_start(command: Command, redis_url: str) -> None:
    place = redis_url.rpartition("@")[2]
    status, said = command("run", "ingest", REDIS_URL=f"redis://:wrong@{place}")
    assert status == 1
    assert "correct user and password in REDIS_URL" in said
    status, said = command("run", "ingest", REDIS_URL=f"{redis_url.rpartition('/')[0]}/99")
    assert status == 1
    assert "Redis refuses us (DB index is out of range): correct REDIS_URL" in said


def test_servers_that_are_not_there(command: Command) -> None:
    away = free_port()
    status, said = command("dlq", "list", REDIS_URL=f"redis://127.0.0.1:{away}")
    assert status == 1
    assert said.endswith("start it, or correct REDIS_URL.")
    for words in (("orders", "list"), ("migrate",)):
        status, said = command(*words, DATABASE_URL=f"postgresql://127.0.0.1:{away}/x")
        assert status == 1
        assert said.endswith("See whether it is up, and DATABASE_URL.")


def test_a_port_that_is_taken(command: Command) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        status, said = command("serve", "gateway", "--port", str(port))
    assert status == 1
    assert said == (
        f"tiktoksales: No door can be opened at 127.0.0.1:{port} (Address already in use): stop what listens there, or "
        "choose another address (--host, --port)."
    )


def test_a_certificate_that_is_none(command: Command, tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nonsense")
    file = str(tmp_path / "x.pem")
    status, said = command("serve", "gateway", "--port", "0", "--tls-cert", file, "--tls-key", file)
    assert status == 1
    assert f"{file} and {file} are no certificate and its key, both in PEM" in said
