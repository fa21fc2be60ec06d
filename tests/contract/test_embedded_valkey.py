"""What the embedded Valkey promises."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from pipeline.embedded import ServerFailed, Valkey
from pipeline.embedded.identity import Identity, ProcessRecord
from tests.contract.owners import Owner, wait_for_end


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey that the test may kill."""
    with Valkey(tmp_path / "valkey") as server:
        yield server


def client_of(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True)


def test_an_acknowledged_entry_survives_sigkill(own_valkey: Valkey) -> None:
    with client_of(own_valkey.url) as client:
        entry_id = client.xadd("comments_stream", {"message": "mine!! 💕"})
    own_valkey.kill()
    assert not own_valkey.is_running()
    own_valkey.start()
    with client_of(own_valkey.url) as client:
        assert client.xrange("comments_stream") == [(entry_id, {"message": "mine!! 💕"})]


def test_a_restart_keeps_url_and_data(own_valkey: Valkey) -> None:
    before = own_valkey.url
    with client_of(before) as client:
        client.set("key", "value")
    assert own_valkey.restart().url == before
    with client_of(before) as client:
        assert client.get("key") == "value"


def test_another_run_on_the_same_data_finds_it_at_the_same_url(tmp_path: Path) -> None:
    with Valkey(tmp_path / "valkey") as first, client_of(first.url) as client:
        client.set("key", "value")
    with Valkey(tmp_path / "valkey") as second, client_of(second.url) as client:
        assert second.url == first.url
        assert client.get("key") == "value"


def test_nobody_enters_without_the_password(own_valkey: Valkey) -> None:
    with redis.Redis(port=own_valkey.port) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_the_password_shows_in_no_argument_and_no_readable_file(own_valkey: Valkey) -> None:
    password = own_valkey.credentials.password
    arguments = Path(f"/proc/{own_valkey.pid}/cmdline").read_text(encoding="utf-8")
    assert "valkey-server" in arguments
    assert password not in arguments
    holders = [
        file
        for file in own_valkey.data_dir.rglob("*")
        if file.is_file() and password in file.read_text(encoding="utf-8", errors="replace")
    ]
    assert holders
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in holders)


def test_it_is_durable_and_never_throws_streams_away(own_valkey: Valkey) -> None:
    with client_of(own_valkey.url) as client:
        settings = client.config_get("append*", "maxmemory-policy", "bind")
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "always"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["bind"] == "127.0.0.1"


def test_it_dies_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    with Owner(Valkey, tmp_path / "valkey") as owner:
        owner.end()
        assert wait_for_end(owner.said["pid"])


def test_ctrl_c_leaves_it_to_its_owner_to_stop_it(tmp_path: Path) -> None:
    with Owner(Valkey, tmp_path / "valkey") as owner:
        os.killpg(owner.process.pid, signal.SIGINT)
        assert owner.listen() == {**owner.said, "running": True}
        assert owner.listen() == {"running": False}


def test_a_kept_server_outlives_its_owner_until_another_stops_it(tmp_path: Path) -> None:
    with Owner(Valkey, tmp_path / "valkey", kept=True) as owner:
        owner.end()
        with client_of(owner.said["url"]) as client:
            client.set("key", "value")
        heir = Valkey(tmp_path / "valkey").start(kept=True)
        assert (heir.pid, heir.url) == (owner.said["pid"], owner.said["url"])
        heir.stop()
        assert wait_for_end(owner.said["pid"])
        assert not Valkey(tmp_path / "valkey").adopt()


def test_a_kept_server_is_not_started_over(tmp_path: Path) -> None:
    kept = Valkey(tmp_path / "valkey").start(kept=True)
    with pytest.raises(ServerFailed, match="was left running: stop it first"):
        Valkey(tmp_path / "valkey").start()
    kept.stop()


def test_the_data_of_a_living_owner_is_refused(tmp_path: Path) -> None:
    with Owner(Valkey, tmp_path / "valkey") as owner:
        with pytest.raises(ServerFailed, match=f"belongs to process {owner.process.pid}"):
            Valkey(tmp_path / "valkey").start()
        owner.end()


def test_what_a_dead_owner_left_running_is_ended_first(tmp_path: Path) -> None:
    kept = Valkey(tmp_path / "valkey").start(kept=True)
    record_file = tmp_path / "valkey" / "valkey.process.json"
    record = ProcessRecord.read(record_file)
    assert record is not None
    nobody = Identity(pid=record.owner.pid, started="before anything else")
    replace(record, owner=nobody, kept=False).write(record_file)
    with Valkey(tmp_path / "valkey") as fresh:
        assert fresh.pid != record.server.pid
        assert not kept.is_running()


def test_a_port_that_is_taken_at_the_first_start_is_given_up(
    valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = iter([valkey.port])
    real = Valkey.start.__globals__["free_port"]
    monkeypatch.setattr("pipeline.embedded.server.free_port", lambda: next(ports, None) or real())
    with Valkey(tmp_path / "valkey") as server:
        assert server.port != valkey.port


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "valkey" / "appendonlydir"
    broken.mkdir(parents=True)
    (broken / "appendonly.aof.manifest").write_text("this is no manifest\n", encoding="utf-8")
    with pytest.raises(ServerFailed, match=r"valkey ended before it was ready .*\n(.|\n)*manifest"):
        Valkey(tmp_path / "valkey").start()


def test_a_start_from_a_thread_is_refused(tmp_path: Path) -> None:
    failures: list[ServerFailed] = []

    def start() -> None:
        try:
            Valkey(tmp_path / "valkey").start()
        except ServerFailed as failure:
            failures.append(failure)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(failures[0])
