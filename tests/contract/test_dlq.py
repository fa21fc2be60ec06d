"""`dlq list|show|redrive|purge` on a real server, as a person with 80 columns and as a program see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
import redis
import typer
from typer.testing import CliRunner, Result

from pipeline.dead_letter import DeadLetter, NoSuchDeadLetter
from pipeline.dlq import dead_letter_commands
from pipeline.redrive import RedriveStopped
from pipeline.redrive_one import NotRedrivable
from pipeline.settings import RuntimeSettings
from pipeline.settlement import Fields
from tests.contract.letters import DAY_MS, MARCH_MS, letter, tombstone

WIDTH = 80
Dlq = Callable[..., Result]


def stages() -> tuple[str, ...]:
    return ("first", "second")


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_url) as made:
        yield made


@pytest.fixture
def app(redis_url: str) -> typer.Typer:
    return dead_letter_commands(lambda: RuntimeSettings(redis_url=redis_url), stages)


@pytest.fixture
def dlq(app: typer.Typer) -> Dlq:
    """Runs a command; where it fails the test does, unless it `may_fail`."""

    def run(*arguments: str, may_fail: bool = False, stdin: str | None = None) -> Result:
        environment = {"COLUMNS": str(WIDTH), "TERM": "dumb"}
        return CliRunner().invoke(app, arguments, input=stdin, env=environment, catch_exceptions=may_fail)

    return run


def lay(client: Any, dead: DeadLetter | Fields, *, at_ms: int = 0) -> str:
    fields = dead.fields() if isinstance(dead, DeadLetter) else dead
    entry_id: bytes = client.execute_command("XADD", "dead:{0}", f"{at_ms}-0" if at_ms else "*", *fields)
    return entry_id.decode()


def test_without_letters_the_list_says_so(dlq: Dlq) -> None:
    assert "There are no such dead letters." in dlq("list").output


def test_the_list_is_readable_at_80_columns_with_whole_ids_and_reasons(client: Any, dlq: Dlq) -> None:
    long = (
        'new row for relation "orders" violates check constraint "shop_is_closed" (given up after 8 attempts)'
    )
    first = lay(client, letter(stage="projector", reason=long, error="CheckViolationError"), at_ms=MARCH_MS)
    second = lay(client, letter(), at_ms=MARCH_MS + 1)
    lines = dlq("list").output.splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert lines[0] == "2 dead letters"
    assert [line.split() for line in lines[1:3]] == [
        ["1", "projector", "CheckViolationError"],
        ["1", "first", "ZeroDivisionError"],
    ]
    assert f"{first}  projector  8 attempts  2026-03-01T00:00:01+00:00" in lines
    assert any(line.startswith(f"{second}  first  ") for line in lines)
    assert long in " ".join(" ".join(lines).split())
    assert "ZeroDivisionError: by nought" in lines[-1]


def test_the_list_shows_as_many_as_asked_and_counts_all(client: Any, dlq: Dlq) -> None:
    laid = [lay(client, letter(), at_ms=MARCH_MS + number) for number in range(3)]
    output = dlq("list", "--limit", "2").output
    assert "3 dead letters; the first 2 of them" in output
    assert [dead_id in output for dead_id in laid] == [True, True, False]


def test_the_list_as_json_has_the_counts_and_the_facts(client: Any, dlq: Dlq) -> None:
    lay(client, letter(stage="second"), at_ms=MARCH_MS)
    lay(client, letter(), at_ms=MARCH_MS + 1)
    lay(client, tombstone(), at_ms=MARCH_MS + 2)
    found = orjson.loads(dlq("list", "--json", "--stage", "first", "--limit", "1").output)
    assert found["total"] == 2
    assert {tuple(kind.values()) for kind in found["kinds"]} == {
        ("first", "ZeroDivisionError", 1),
        ("first", "TrimmedWhilePending", 1),
    }
    [listed] = found["letters"]
    assert listed["id"] == f"{MARCH_MS + 1}-0"
    assert listed["comment_id"] == letter().comment_id
    assert (listed["reason"], listed["attempts"], listed["tombstone"]) == ("by nought", 8, False)
    assert listed["last_failed"] == "2026-03-01T00:00:01+00:00"


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--since", "2026-03-02"], 2),
        (["--since", "2026-03-02T00:00:00+01:00"], 2),
        (["--since", "2h"], 1),
        (["--reason", "NoUgHt"], 3),
        (["--reason", "zerodiv", "--since", "2h"], 1),
        (["--stage", "second"], 0),
    ],
)
def test_the_list_is_filtered(client: Any, dlq: Dlq, options: list[str], count: int) -> None:
    for at_ms in (MARCH_MS, MARCH_MS + DAY_MS, 0):
        lay(client, letter(), at_ms=at_ms)
    assert orjson.loads(dlq("list", "--json", *options).output)["total"] == count


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--since", "yesterday"],
        ["list", "--limit", "0"],
        ["purge", "--older-than", "2026-03-01", "--yes"],
        ["purge"],
        ["redrive"],
        ["redrive", "1-0", "--all"],
        ["redrive", "1-0", "--stage", "first"],
        ["redrive", "--all", "--rate", "0"],
    ],
)
def test_wrong_usage_is_refused(dlq: Dlq, arguments: list[str]) -> None:
    assert dlq(*arguments, may_fail=True).exit_code == 2


@pytest.mark.parametrize(
    "arguments", [["list"], ["redrive", "--all"], ["purge", "--older-than", "1h", "--yes"]]
)
def test_a_stage_that_is_not_there_is_refused_by_its_name(dlq: Dlq, arguments: list[str]) -> None:
    refused = dlq(*arguments, "--stage", "frist", may_fail=True)
    assert refused.exit_code == 2
    assert "there is no stage 'frist'; there are first, second" in " ".join(
        refused.output.replace("│", " ").split()
    )


def test_show_has_the_record_the_error_the_attempts_and_the_traceback(client: Any, dlq: Dlq) -> None:
    output = dlq("show", lay(client, letter(7))).output
    for part in (
        "ZeroDivisionError",
        "by nought",
        "8",
        "2026-03-01T00:00:01+00:00",
        "Traceback (most recent",
    ):
        assert part in output
    entry = orjson.loads(output[output.index("{") : output.rindex("}") + 1])
    assert entry["d"] == {"number": 7}
    assert (entry["seq"], entry["hops"]) == ("8-0", [])


def test_show_escapes_what_is_no_text_and_what_would_steer_a_terminal(client: Any, dlq: Dlq) -> None:
    raw = {b"d": b"\x00\xff\xfe", b"\xff": b"x", b"message": "\x1b[2J \u202ee 👩‍💻".encode()}
    dead_id = lay(client, letter(raw=raw, reason="\x1b]0;gotcha\x07 \u202e"))
    for output in (dlq("show", dead_id).output, dlq("list").output):
        assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(output)
        assert r"\x1b]0;gotcha\x07" in output
    assert "👩‍💻" in dlq("show", dead_id).output
    found = orjson.loads(dlq("show", dead_id, "--json").output)
    assert found["entry"]["d"] == "\x00\\xff\\xfe"
    assert found["escaped"] == ["d", r"\xff"]
    assert found["traceback"] == letter().detail


def test_show_of_what_is_not_there_fails_in_words(dlq: Dlq) -> None:
    result = dlq("show", "1-0", may_fail=True)
    assert isinstance(result.exception, NoSuchDeadLetter)
    assert "There is no dead letter 1-0" in str(result.exception)


def test_redrive_of_one_says_so_and_again_says_that_it_is_gone(client: Any, dlq: Dlq) -> None:
    dead_id = lay(client, letter())
    assert dlq("redrive", dead_id).output == (
        f"1 dead letter sent back.\nFollow it with:\n  tiktoksales trace {letter().comment_id}\n"
    )
    assert isinstance(dlq("redrive", dead_id, may_fail=True).exception, NoSuchDeadLetter)
    assert client.xlen("first:{0}") == 1


def test_a_letter_is_found_by_its_comment_and_by_the_entry_that_it_was(client: Any, dlq: Dlq) -> None:
    dead_id = lay(client, letter())
    lay(client, letter(2))
    for name in (letter().comment_id, letter().entry_id):
        output = dlq("show", name).output
        assert output.startswith(f"dead letter {dead_id}\n")
        assert "was entry" in output
    assert "1 dead letter sent back." in dlq("redrive", letter().comment_id).output
    assert client.xlen("dead:{0}") == 1


def test_where_a_comment_has_several_letters_they_are_named_and_none_is_sent(client: Any, dlq: Dlq) -> None:
    ids = [lay(client, letter()), lay(client, letter(stage="second", stream="second", entry_id="9-9"))]
    error = dlq("redrive", letter().comment_id, may_fail=True).exception
    assert isinstance(error, NoSuchDeadLetter)
    assert f"has 2 dead letters; name one of them: {ids[0]} (first), {ids[1]} (second)." in str(error)
    assert client.xlen("dead:{0}") == 2


def test_redrive_of_a_tombstone_names_the_way_out(client: Any, dlq: Dlq) -> None:
    error = dlq("redrive", lay(client, tombstone()), may_fail=True).exception
    assert isinstance(error, NotRedrivable)
    assert "`tiktoksales replay --from-database`" in str(error)


def test_redrive_of_all_takes_the_selected_and_counts_the_rest(client: Any, dlq: Dlq) -> None:
    for dead in (letter(), letter(2), tombstone(), letter(3, stage="second", stream="second")):
        lay(client, dead)
    output = " ".join(dlq("redrive", "--all", "--stage", "first", "--rate", "1000").output.split())
    assert "2 dead letters sent back." in output
    assert f"tiktoksales trace {letter().comment_id} tiktoksales trace {letter(2).comment_id}" in output
    assert "1 dead letter left: tombstones" in output
    assert client.xlen("first:{0}") == client.xlen("dead:{0}") == 2
    assert client.xlen("second:{0}") == 0


def test_redrive_of_what_came_through_the_door_and_was_trimmed_says_that_it_came_anew(
    client: Any, dlq: Dlq
) -> None:
    lay(client, letter(stream="comments_stream", stage="ingest"))
    output = " ".join(dlq("redrive", "--all").output.split())
    [[anew, _]] = client.xrange("comments_stream")
    assert f"tiktoksales trace {anew.decode()}" in output
    assert "1 of them came in anew, since comments_stream no longer holds" in output


def test_redrive_into_a_full_redis_fails_in_words(client: Any, dlq: Dlq) -> None:
    dead_id = lay(client, letter())
    client.config_set("maxmemory", "1mb")
    try:
        for arguments in (("--all",), (dead_id,)):
            error = dlq("redrive", *arguments, may_fail=True).exception
            assert isinstance(error, RedriveStopped)
            assert "Redis is full" in str(error)
    finally:
        client.config_set("maxmemory", "0")
    assert client.xlen("dead:{0}") == 1


def test_purge_deletes_what_is_old_enough(client: Any, dlq: Dlq) -> None:
    lay(client, letter(), at_ms=MARCH_MS)
    lay(client, letter(stage="second"), at_ms=MARCH_MS + 1)
    fresh = lay(client, letter())
    assert dlq("purge", "--older-than", "1h", "--stage", "first", "--yes").output.endswith(
        "1 dead letter deleted.\n"
    )
    assert [dead["stage"] for dead in orjson.loads(dlq("list", "--json").output)["letters"]] == [
        "second",
        "first",
    ]
    assert fresh in dlq("list").output


def test_purge_without_anybody_to_ask_deletes_nothing(client: Any, dlq: Dlq) -> None:
    lay(client, letter(), at_ms=MARCH_MS)
    result = dlq("purge", "--older-than", "1h", may_fail=True)
    assert result.exit_code == 2
    assert "--yes" in result.output
    assert client.xlen("dead:{0}") == 1


@pytest.mark.parametrize(("answer", "left"), [("n\n", 1), ("y\n", 0), ("\n", 1)])
def test_purge_asks_on_a_terminal(redis_url: str, client: Any, answer: str, left: int) -> None:
    lay(client, letter(), at_ms=MARCH_MS)
    app = dead_letter_commands(
        lambda: RuntimeSettings(redis_url=redis_url), stages, somebody_is_there=lambda: True
    )
    result = CliRunner().invoke(app, ["purge", "--older-than", "1h"], input=answer)
    assert "Delete 1 dead letter for good? [y/N]" in result.output
    assert client.xlen("dead:{0}") == left
