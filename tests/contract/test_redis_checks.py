"""What is said of a Redis at start and by the doctor, on real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError, ResponseError
from structlog.testing import capture_logs

from pipeline.doctor import examine_redis
from pipeline.embedded.credentials import Credentials, free_port
from pipeline.embedded.process import ServerSpec
from pipeline.engines.redis.checks import UnfitRedis, check_redis, require_fit_redis
from pipeline.engines.redis.connection import connect
from pipeline.finding import Finding
from tests.contract.troubled import Trouble, TroubledValkey, loading, read_only, stale


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TroubledValkey]:
    with TroubledValkey(tmp_path_factory.mktemp("checked")) as started:
        yield started


@pytest.fixture
async def redis(server: TroubledValkey) -> AsyncIterator[Redis]:
    client = connect(server.url)
    yield client
    await client.aclose()


@asynccontextmanager
async def configured(redis: Redis, name: str, value: str) -> AsyncIterator[None]:
    """The server with a setting changed."""
    before = str((await redis.config_get(name))[name])
    await redis.config_set(name, value)
    try:
        yield
    finally:
        await redis.config_set(name, before)


async def found(redis: Redis, subject: str) -> Finding:
    """The finding about one thing."""
    [finding] = [each for each in await check_redis(redis) if each.subject == subject]
    return finding


async def test_the_embedded_server_is_fit_and_nothing_is_said_at_start(redis: Redis) -> None:
    assert {finding.level for finding in await check_redis(redis)} == {"ok"}
    with capture_logs() as logs:
        await require_fit_redis(redis)
    assert logs == []


@pytest.mark.parametrize(
    ("name", "value", "subject", "said"),
    [
        ("maxmemory-policy", "allkeys-lru", "Redis eviction", "throws streams away: set it to noeviction"),
        (
            "appendfsync",
            "everysec",
            "Redis persistence",
            "about a second of acknowledged comments can be lost",
        ),
        ("appendfsync", "no", "Redis persistence", "can be lost at power loss. Set appendfsync always."),
        ("appendonly", "no", "Redis persistence", "all acknowledged comments since the last snapshot"),
    ],
)
async def test_a_setting_that_can_lose_comments_is_warned_of_at_start(
    redis: Redis, name: str, value: str, subject: str, said: str
) -> None:
    async with configured(redis, name, value):
        finding = await found(redis, subject)
        with capture_logs() as logs:
            await require_fit_redis(redis)
    assert finding.level == "warning"
    assert said in finding.sentence
    assert [(line["event"], line["log_level"]) for line in logs] == [(finding.sentence, "warning")]


async def test_a_memory_limit_is_said(redis: Redis) -> None:
    async with configured(redis, "maxmemory", str(512 * 1024 * 1024)):
        assert await found(redis, "Redis memory") == Finding("ok", "Redis memory", "maxmemory is 512.00M.")


@pytest.mark.parametrize("trouble", [read_only, stale])
async def test_a_replica_is_warned_of(server: TroubledValkey, redis: Redis, trouble: Trouble) -> None:
    async with trouble(server):
        finding = await found(redis, "Redis role")
    assert finding.level == "warning"
    assert "refuses writes" in finding.sentence


async def test_a_server_that_loads_its_data_is_judged_too(server: TroubledValkey) -> None:
    async with loading(server):
        findings = await examine_redis(server.url)
    assert "error" not in {finding.level for finding in findings}
    assert len(findings) == 7


@pytest.mark.parametrize(
    ("rights", "unknown"),
    [
        ("-config", {"Redis persistence"}),
        (
            "-config -info",
            {
                "Redis version",
                "Redis eviction",
                "Redis memory",
                "Redis persistence",
                "Redis role",
                "Redis cluster",
            },
        ),
    ],
    ids=["no CONFIG", "neither CONFIG nor INFO"],
)
async def test_what_a_managed_server_keeps_to_itself_is_unknown_and_said_so(
    server: TroubledValkey, redis: Redis, rights: str, unknown: set[str]
) -> None:
    await redis.execute_command(
        "ACL SETUSER", "guest", "reset", "on", ">word", "~*", "+@all", *rights.split()
    )
    guest = connect(server.url.replace(f"default:{server.credentials.password}", "guest:word"))
    try:
        findings = await check_redis(guest)
        with capture_logs() as logs:
            await require_fit_redis(guest)
    finally:
        await guest.aclose()
    assert {finding.subject for finding in findings if finding.level == "unknown"} == unknown
    assert {finding.level for finding in findings} <= {"ok", "unknown"}
    assert len(logs) == len(unknown)
    assert all("does not tell" in line["event"] for line in logs)


async def test_a_node_of_a_cluster_is_no_server_by_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    with _ClusterValkey(tmp_path_factory.mktemp("cluster")) as server:
        findings = await examine_redis(server.url)
    [finding] = [each for each in findings if each.level == "error"]
    assert finding.subject == "Redis cluster"
    assert "write redis+cluster:// in REDIS_URL" in finding.sentence


async def test_a_lone_server_is_no_cluster(server: TroubledValkey) -> None:
    [finding] = await examine_redis(server.url.replace("redis://", "redis+cluster://"))
    assert finding.level == "error"
    assert "is no node of a cluster: write redis:// in REDIS_URL" in finding.sentence


async def test_a_server_that_is_away_is_waited_for_at_start_and_an_error_for_the_doctor() -> None:
    url = f"redis://127.0.0.1:{free_port()}"
    client = connect(url)
    with capture_logs() as logs:
        await require_fit_redis(client)
    with pytest.raises(ConnectionError):
        await check_redis(client)
    await client.aclose()
    assert [line["event"] for line in logs] == ["Redis could not be asked whether it is fit for the streams"]
    [finding] = await examine_redis(url)
    assert (finding.level, finding.subject) == ("error", "Redis")
    assert finding.sentence.endswith("start it, or correct REDIS_URL.")


@pytest.mark.parametrize(
    ("server", "version", "fit"),
    [
        ({"redis_version": "6.2.14"}, "Redis 6.2.14", False),
        ({"redis_version": "7.0.15"}, "Redis 7.0.15", True),
        ({"redis_version": "8.6.0"}, "Redis 8.6.0", True),
        (
            {"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "7.2.5"},
            "Valkey 7.2.5",
            True,
        ),
        (
            {"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "9.1.2"},
            "Valkey 9.1.2",
            True,
        ),
    ],
)
async def test_only_an_old_version_stops_the_start(server: dict[str, str], version: str, fit: bool) -> None:
    talk = _Said(server)
    finding = await found(talk, "Redis version")
    assert version in finding.sentence
    assert finding.level == ("ok" if fit else "error")
    if fit:
        await require_fit_redis(talk)
    else:
        with pytest.raises(UnfitRedis, match=r"too old: use Redis 7\.0 or Valkey 7\.2"):
            await require_fit_redis(talk)


class _ClusterValkey(TroubledValkey):
    """A Valkey of one node in cluster mode."""

    def _prepare(self, credentials: Credentials) -> ServerSpec:
        spec = super()._prepare(credentials)
        with (self.data_dir / "valkey.conf").open("a") as configuration:
            configuration.write(f"cluster-enabled yes\ncluster-port {free_port()}\n")
        return spec


class _Said(Redis):
    """A server of another version, which says only what it is."""

    def __init__(self, server: dict[str, str]) -> None:
        super().__init__()
        self._server = server

    async def info(self, section: str | None = None, *_: Any, **__: Any) -> Any:
        return self._server if section == "server" else {}

    async def execute_command(self, *_: Any, **__: Any) -> Any:
        raise ResponseError("unknown command 'CONFIG'")
