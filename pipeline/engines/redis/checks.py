"""Whether a Redis is fit to hold the streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, ResponseError

from pipeline.engines.redis.cluster import ClusterRedis, NotACluster
from pipeline.engines.redis.cluster_checks import check_cluster
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.unusable import why_unusable
from pipeline.finding import Finding

OLDEST_REDIS = (7, 0)
OLDEST_VALKEY = (7, 2)
_NO_SUCH_DATABASE = "DB index is out of range"
_SECTIONS = ("server", "memory", "persistence", "replication", "cluster")

_log = structlog.get_logger()


class UnfitRedis(Exception):
    """This Redis can't hold the streams; the message says what to do."""


async def check_redis(redis: Redis) -> list[Finding]:
    """What the server says about itself, one finding for each thing that matters; what it won't say is unknown. Of a
    cluster every node is asked, the replicas too, since each may become a primary. Reads only INFO, CONFIG GET and
    CLUSTER SLOTS. Raises what redis-py raises where Redis is away (connection.REDIS_AWAY), and UnfitRedis where the URL
    names a database that there is not."""
    if isinstance(redis, ClusterRedis):
        try:
            return await check_cluster(redis, _of_any_server)
        except NotACluster as error:
            return [Finding("error", "Redis cluster", str(error))]
    facts = await _facts(redis)
    return [*await _of_any_server(redis, facts), _role(facts), _cluster(facts)]


async def require_fit_redis(redis: Redis) -> None:
    """Log what is wrong with the server, in words. Raises UnfitRedis where nothing could work on it. A server that is
    away is not judged: whoever starts waits for it."""
    try:
        findings = await check_redis(redis)
    except AuthenticationError as error:
        raise UnfitRedis(why_unusable(error)) from error
    except REDIS_AWAY as error:
        _log.warning("Redis could not be asked whether it is fit for the streams", error=str(error))
        return
    errors = [finding.sentence for finding in findings if finding.level == "error"]
    if errors:
        raise UnfitRedis(" ".join(errors))
    for finding in findings:
        if finding.level != "ok":
            _log.warning(finding.sentence, subject=finding.subject, level_found=finding.level)


async def _facts(server: Redis) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for section in _SECTIONS:
        facts.update(await _info(server, section))
    return facts


async def _of_any_server(server: Redis, known: Mapping[str, Any] | None = None) -> list[Finding]:
    facts = known or await _facts(server)
    appendfsync = await _configured(server, "appendfsync")
    return [
        _version(facts),
        _eviction(facts),
        _memory(facts),
        _persistence(facts, appendfsync),
        *_disk(facts),
    ]


async def _info(redis: Redis, section: str) -> Mapping[str, Any]:
    try:
        facts: Mapping[str, Any] = await redis.info(section)
    except ResponseError as error:
        _raise_if_away(error)
        if _NO_SUCH_DATABASE in str(error):
            raise UnfitRedis(why_unusable(error)) from error
        return {}
    return facts


async def _configured(redis: Redis, name: str) -> str | None:
    """A setting of the server; None where it keeps its configuration to itself, as managed ones do."""
    try:
        found = await redis.execute_command("CONFIG GET", name)
    except ResponseError as error:
        _raise_if_away(error)
        return None
    value = found.get(name) or found.get(name.encode())
    return value.decode() if isinstance(value, bytes) else value


def _raise_if_away(error: ResponseError) -> None:
    if isinstance(error, REDIS_AWAY):
        raise error


def _version(facts: Mapping[str, Any]) -> Finding:
    subject = "Redis version"
    name, oldest, version = "Redis", OLDEST_REDIS, facts.get("redis_version")
    if facts.get("server_name") == "valkey" or "valkey_version" in facts:
        name, oldest, version = "Valkey", OLDEST_VALKEY, facts.get("valkey_version", version)
    parts = str(version or "").split(".")
    if not all(part.isdigit() for part in parts[:2]):
        return _unknown(subject, f"its version: see that it is Redis {_dotted(OLDEST_REDIS)} or Valkey "
                        f"{_dotted(OLDEST_VALKEY)}, or newer")  # fmt: skip
    if tuple(int(part) for part in parts[:2]) < oldest:
        return Finding(
            "error",
            subject,
            f"{name} {version} is too old: use Redis {_dotted(OLDEST_REDIS)} or Valkey {_dotted(OLDEST_VALKEY)}, "
            "or newer.",
        )
    return Finding("ok", subject, f"{name} {version}.")


def _eviction(facts: Mapping[str, Any]) -> Finding:
    subject, policy = "Redis eviction", facts.get("maxmemory_policy")
    if policy is None:
        return _unknown(subject, "its maxmemory-policy: see that it is noeviction")
    if policy != "noeviction":
        return Finding(
            "warning",
            subject,
            f"maxmemory-policy is {policy}, so a full Redis throws streams away: set it to noeviction.",
        )
    return Finding("ok", subject, "maxmemory-policy is noeviction: a full Redis keeps what it has.")


def _memory(facts: Mapping[str, Any]) -> Finding:
    subject, limit = "Redis memory", facts.get("maxmemory")
    if limit is None:
        return _unknown(subject, "its maxmemory: see that it lies below the machine's memory")
    if limit == 0:
        return Finding(
            "ok",
            subject,
            "maxmemory is 0, no limit: set one below the machine's memory where other programs share it.",
        )
    return Finding("ok", subject, f"maxmemory is {facts.get('maxmemory_human', limit)}.")


def _persistence(facts: Mapping[str, Any], appendfsync: str | None) -> Finding:
    subject, on = "Redis persistence", facts.get("aof_enabled")
    advice = "Set appendonly yes and appendfsync always."
    if on is None:
        return _unknown(subject, "whether appendonly is yes and appendfsync always: see to it")
    if not on:
        return Finding(
            "warning",
            subject,
            "appendonly is no: at a crash all acknowledged comments since the last snapshot can be lost, which may be "
            f"everything. {advice}",
        )
    match appendfsync:
        case "always":
            return Finding("ok", subject, "appendfsync is always: what is acknowledged is on disk.")
        case "everysec":
            lost = "about a second of acknowledged comments can be lost at power loss"
            return Finding("warning", subject, f"appendfsync is everysec: {lost}. Set appendfsync always.")
        case "no":
            lost = "acknowledged comments of half a minute can be lost at power loss"
            return Finding("warning", subject, f"appendfsync is no: {lost}. Set appendfsync always.")
        case _:
            return _unknown(subject, "its appendfsync (appendonly is yes): see that it is always")


def _disk(facts: Mapping[str, Any]) -> list[Finding]:
    """Only where it has met trouble: what it could write it does not tell."""
    failed = [
        name for name in ("aof_last_write_status", "rdb_last_bgsave_status") if facts.get(name) == "err"
    ]
    if not failed:
        return []
    return [
        Finding(
            "warning",
            "Redis disk",
            f"It could not write to its disk ({failed[0]} is err), and refuses writes where it must save them: make "
            "room on the disk that holds its `dir`, and let Redis write there.",
        )
    ]


def _role(facts: Mapping[str, Any]) -> Finding:
    subject, role = "Redis role", facts.get("role")
    match role:
        case "master":
            return Finding("ok", subject, "It is a primary: it takes writes.")
        case "slave":
            return Finding(
                "warning",
                subject,
                "It is a replica, which refuses writes: everything waits until it is promoted. Let REDIS_URL lead to "
                "the primary.",
            )
        case _:
            return _unknown(subject, "whether it is a replica: see that REDIS_URL leads to a primary")


def _cluster(facts: Mapping[str, Any]) -> Finding:
    subject, on = "Redis cluster", facts.get("cluster_enabled")
    if on is None:
        return _unknown(subject, "whether cluster mode is on: see that it is off")
    if on:
        return Finding(
            "error",
            subject,
            "It is a node of a cluster, which holds only a part of the keys: write redis+cluster:// in REDIS_URL.",
        )
    return Finding("ok", subject, "Cluster mode is off.")


def _unknown(subject: str, what: str) -> Finding:
    return Finding("unknown", subject, f"The server does not tell {what}.")


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
