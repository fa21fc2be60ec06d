"""The commonest misconfigurations, each planted alone in a healthy shop: what the doctor says, and its status."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis, ResponseError
from typer.testing import CliRunner

from pipeline.embedded import Postgres, Valkey
from pipeline.embedded.credentials import free_port
from pipeline.finding import Finding
from stages.adapters.classifier import OWN_MODEL
from stages.doctor.examination import examine
from stages.settings import ShopSettings
from stages.wiring import READS
from tests.contract.healthy import command, doctor, environment
from tests.contract.older_server import older_server
from tests.contract.pooled import pooled
from tests.redis_servers import Kind, Running
from tests.valkey_cluster import ValkeyCluster

NO_AOF = (
    "appendonly is no: at a crash all acknowledged comments since the last snapshot can be lost, which may be "
    "everything. Set appendonly yes and appendfsync always."
)


def test_a_healthy_shop_is_told_so(healthy: dict[str, Any]) -> None:
    assert doctor(healthy) == (0, [])
    assert CliRunner().invoke(command(), env=environment(healthy)).stdout.endswith("\nHealthy.\n")


def test_a_redis_that_is_not_there(healthy: dict[str, Any]) -> None:
    port = free_port()
    status, [(subject, level, said)] = doctor({**healthy, "redis_url": f"redis://127.0.0.1:{port}"})
    assert (status, subject, level) == (1, "Redis", "error")
    assert said.startswith(f"Redis can't be used (Error 111 connecting to 127.0.0.1:{port}.")
    assert said.endswith("): start it, or correct REDIS_URL.")


@pytest.mark.parametrize("login", ["", ":wrong@"])
def test_a_redis_with_another_password(healthy: dict[str, Any], valkey: Valkey, login: str) -> None:
    status, [(subject, level, said)] = doctor(
        {**healthy, "redis_url": f"redis://{login}127.0.0.1:{valkey.port}"}
    )
    assert (status, subject, level) == (1, "Redis", "error")
    assert said.startswith("Redis refuses us (")
    assert "): correct user and password in REDIS_URL, redis://user:password@host:port" in said


@pytest.mark.parametrize(
    ("name", "value", "subject", "sentence"),
    [
        (
            "maxmemory-policy",
            "allkeys-lru",
            "Redis eviction",
            "maxmemory-policy is allkeys-lru, so a full Redis throws streams away: set it to noeviction.",
        ),
        (
            "appendonly",
            "no",
            "Redis persistence",
            NO_AOF,
        ),
    ],
)
def test_a_redis_that_loses_what_it_is_given(
    healthy: dict[str, Any], name: str, value: str, subject: str, sentence: str
) -> None:
    with Redis.from_url(healthy["redis_url"], protocol=2) as redis:
        before = redis.config_get(name)[name]
        redis.config_set(name, value)
        try:
            assert doctor(healthy) == (3, [(subject, "warning", sentence)])
        finally:
            redis.config_set(name, before)


def test_a_redis_whose_disk_is_full(healthy: dict[str, Any], valkey: Valkey) -> None:
    with Redis.from_url(healthy["redis_url"], protocol=2) as redis, unwritable(redis, valkey.data_dir):
        sentence = (
            "It could not write to its disk (rdb_last_bgsave_status is err), and refuses writes where it must save "
            "them: make room on the disk that holds its `dir`, and let Redis write there."
        )
        assert doctor(healthy) == (3, [("Redis disk", "warning", sentence)])


def test_a_redis_that_is_too_old(healthy: dict[str, Any], valkey: Valkey) -> None:
    with older_server(valkey.port) as port:
        url = healthy["redis_url"].replace(f":{valkey.port}", f":{port}")
        sentence = "Valkey 7.0.2 is too old: use Redis 7.0 or Valkey 7.2, or newer."
        assert doctor({**healthy, "redis_url": url}) == (1, [("Redis version", "error", sentence)])


def test_a_postgres_that_is_not_there(healthy: dict[str, Any]) -> None:
    url = f"postgresql://me:word@127.0.0.1:{free_port()}/shop"
    status, [(subject, level, said)] = doctor({**healthy, "database_url": url})
    assert (status, subject, level) == (1, "Database", "error")
    assert said.endswith("Start it, or correct DATABASE_URL.")
    assert "word" not in said


def test_a_postgres_with_another_password(healthy: dict[str, Any], postgres: Postgres) -> None:
    url = f"postgresql://postgres:wrong@127.0.0.1:{postgres.port}/postgres"
    status, [(subject, level, said)] = doctor({**healthy, "database_url": url})
    assert (status, subject, level) == (1, "Database", "error")
    assert 'password authentication failed for user "postgres"' in said
    assert said.endswith("See DATABASE_URL.")


def test_a_database_that_was_not_migrated(healthy: dict[str, Any], postgres: Postgres) -> None:
    status, [(subject, level, said)] = doctor({**healthy, "database_url": postgres.database_url("template1")})
    assert (status, subject, level) == (1, "Tables", "error")
    assert said.startswith("Not yet applied: 0001_first_tables, ")
    assert said.endswith(". Run `tiktoksales migrate`.")


def test_a_user_without_rights(healthy: dict[str, Any], owner_url: str) -> None:
    with guest(owner_url) as url:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute("grant select on all tables in schema public to guest")
        status, [(subject, level, said)] = doctor({**healthy, "database_url": url})
        assert (status, subject, level) == (1, "Rights", "error")
        assert "may not do what the stages do with" in said
        assert said.endswith(
            "log in as tiktoksales_stages, or let the tables' owner run `select lay_access()`."
        )


def test_a_transaction_pooler_that_nobody_told_of(healthy: dict[str, Any]) -> None:
    sentence = "DATABASE_URL leads to a transaction pooler, which loses prepared statements: set DATABASE_POOLER=true."
    with pooled(healthy["database_url"]) as url:
        assert doctor({**healthy, "database_url": url}) == (1, [("Pooler", "error", sentence)])
        assert doctor({**healthy, "database_url": url, "database_pooler": True}) == (0, [])
    sentence = (
        "DATABASE_POOLER is true, and there is no pooler: unset it, and statements are prepared once only."
    )
    assert doctor({**healthy, "database_pooler": True}) == (3, [("Pooler", "warning", sentence)])


def test_a_model_that_is_not_there(healthy: dict[str, Any]) -> None:
    status, [(subject, level, said)] = doctor({**healthy, "vision_model": "/nowhere"})
    assert (status, subject, level) == (1, "Vision model", "error")
    assert said == (
        "/nowhere lacks detector.onnx, embedding.onnx, calibration.json. Set VISION_MODEL to a folder that has "
        "them, or leave it empty and reinstall the package."
    )


def test_a_model_that_was_changed(healthy: dict[str, Any], tmp_path: Path) -> None:
    for file in OWN_MODEL.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert doctor({**healthy, "intent_model": str(tmp_path)}) == (0, [])
    with (tmp_path / "model.onnx").open("r+b") as model:
        model.seek(100)
        model.write(b"x")
    sentence = (
        f"In {tmp_path} model.onnx is not what SHA256SUMS says: fetch it anew, or write SHA256SUMS anew."
    )
    assert doctor({**healthy, "intent_model": str(tmp_path)}) == (1, [("Intent model", "error", sentence)])
    (tmp_path / "layers_4_6.onnx").unlink()
    sentence = sentence.replace("model.onnx", "layers_4_6.onnx, model.onnx")
    assert doctor({**healthy, "intent_model": str(tmp_path)}) == (1, [("Intent model", "error", sentence)])


def test_a_port_that_is_in_use(healthy: dict[str, Any]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        status, found = doctor({**healthy, "gateway_port": port})
    sentence = (
        f"Another program listens on port {port} (GATEWAY_PORT): stop it, or set GATEWAY_PORT to a free one."
    )
    assert (status, found) == (3, [("Ports", "warning", sentence)])


def test_partitions_made_fewer_while_entries_are_left(healthy: dict[str, Any]) -> None:
    with Redis.from_url(healthy["redis_url"], protocol=2) as redis:
        for stage in READS:
            listen(redis, stage, partitions=2)
        redis.xadd("order:{3}", {"d": "{}"})
    sentence = (
        "PARTITIONS is 2, and 1 entries wait in partitions beyond, which nobody reads: set PARTITIONS to 4 until they "
        "are done, and make it smaller afterwards."
    )
    assert doctor({**healthy, "partitions": 2}) == (1, [("Partitions", "error", sentence)])


def test_one_partition_on_a_cluster(healthy: dict[str, Any], redis_server: Callable[[Kind], Running]) -> None:
    # Others use this cluster too, and leave entries there.
    status, found = doctor({**healthy, "redis_url": redis_server(ValkeyCluster).url, "key_prefix": "alone:"})
    said = {subject: sentence for subject, _, sentence in found}
    assert status == 3, found
    assert said["Partitions"] == (
        "PARTITIONS is 1 on a cluster of 3 primaries, of which some have nothing to do: set it to 3 or more."
    )


def test_a_stage_without_a_process(healthy: dict[str, Any]) -> None:
    with Redis.from_url(healthy["redis_url"], protocol=2) as redis:
        for stage in READS:
            if stage != "vision":
                listen(redis, stage, partitions=1)
        redis.xadd("vision:{0}", {"d": "{}"})
    sentence = "Nobody works at vision, and 1 entries wait at vision: start `tiktoksales run vision`."
    assert doctor(healthy) == (1, [("Processes", "error", sentence)])


async def test_clocks_that_disagree(healthy: dict[str, Any]) -> None:
    found = await unwell(healthy, clock=lambda: time.time() + 90)
    rest = (
        "this machine's, so that holds, retries and limits come early or late: let both machines set theirs by NTP "
        "(`timedatectl set-ntp true`)."
    )
    assert found == [
        Finding("warning", "Redis clock", f"It is 90 s behind {rest}"),
        Finding("warning", "Database clock", f"It is 90 s behind {rest}"),
    ]


async def test_a_disk_that_is_nearly_full(healthy: dict[str, Any], tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    found = await unwell(
        {**healthy, "archive_url": archive.as_uri()},
        free=lambda folder: 7 << 20 if folder == archive else 1 << 40,
    )
    sentence = f"Only 7 MiB are free where {archive} lies (ARCHIVE_URL): make room, or name another place."
    assert found == [Finding("warning", "Disk", sentence)]


async def unwell(settings: dict[str, Any], **surroundings: Any) -> list[Finding]:
    findings = await examine(ShopSettings(**settings), **surroundings)
    return [finding for finding in findings if finding.level != "ok"]


def listen(redis: Redis, stage: str, partitions: int) -> None:
    """Be a process of the stage: a member of its group that has just asked for work."""
    for partition in range(partitions):
        stream = READS[stage] if stage == "ingest" else f"{READS[stage]}:{{{partition}}}"
        if not (redis.exists(stream) and redis.xinfo_groups(stream)):
            redis.xgroup_create(stream, stage, mkstream=True)
        redis.xreadgroup(stage, "here-0", {stream: ">"}, count=1)


@contextmanager
def unwritable(redis: Redis, folder: Path) -> Iterator[None]:
    """A server that could not save: something else bears its snapshot's name."""
    snapshot = folder / "dump.rdb"
    snapshot.unlink(missing_ok=True)
    snapshot.mkdir()
    try:
        save_until(redis, "err")
        yield
    finally:
        snapshot.rmdir()
        save_until(redis, "ok")


def save_until(redis: Redis, status: str) -> None:
    """Save until that is how it went: the server also saves by itself, and again 5 s after a save that failed."""
    while True:
        with suppress(ResponseError):  # one is under way, whose end is awaited
            redis.bgsave(schedule=True)
        while (told := redis.info("persistence"))["rdb_bgsave_in_progress"]:
            time.sleep(0.01)
        if told["rdb_last_bgsave_status"] == status:
            return


@contextmanager
def guest(owner_url: str) -> Iterator[str]:
    """Somebody who may log in, and nothing else."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("create role guest login password 'word'")
        try:
            yield owner_url.replace(owner_url.split("//")[1].split("@")[0], "guest:word")
        finally:
            connection.execute("drop owned by guest")
            connection.execute("drop role guest")
