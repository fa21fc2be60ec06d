"""How Redis is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import Connection, DefaultParser
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,
)

from pipeline.engines.redis.cluster import ClusterRedis
from pipeline.engines.redis.coalesced import CoalescedRedis
from pipeline.engines.redis.kept_connections import KeptRedis
from pipeline.engines.redis.slots import Address


class WritesRefused(ResponseError):
    """Redis takes no writes now: it can't save them, has too few replicas for them, is held up by a script, or is a
    cluster of which a part is away or being moved."""


class _Parser(DefaultParser):  # type: ignore[misc, valid-type]  # redis-py chooses it at import: hiredis' or its own
    """Gives the errors that pass by themselves a class, also where redis-py has none for them."""

    EXCEPTION_CLASSES: ClassVar[dict[str, Any]] = {
        **DefaultParser.EXCEPTION_CLASSES,
        **dict.fromkeys(("MISCONF", "NOREPLICAS", "BUSY", "CLUSTERDOWN", "TRYAGAIN"), WritesRefused),
    }


# What passes by itself: Redis is away, starting, full, or no longer the primary.
REDIS_AWAY = (
    ConnectionError,
    TimeoutError,
    BusyLoadingError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    WritesRefused,
    OSError,
)

BLOCK_SECONDS = 1.0  # how long a read waits in Redis; socket time limits must lie above it
_SOCKET_SECONDS = 5.0
_CONNECTIONS = 16
_READ_BYTES = 1024 * 1024  # taken in and parsed at once: a batch of entries is a third of that


class _Connection(Connection):
    """Takes in a whole batch: with asyncio's 64 KiB the socket is paused, the reader woken and the parser called for
    each piece."""

    def _connection_arguments(self) -> Mapping[str, Any]:
        return {**super()._connection_arguments(), "limit": _READ_BYTES}


def connect(url: str) -> Redis:
    """A client with a pool of its own (of a cluster: one to each node), whose commands share round trips. It connects
    at its first command, and leaves retrying to its callers, who know what may be repeated.

    `redis://` and `rediss://` lead to one server, `redis+cluster://` and `rediss+cluster://` to a cluster, some of
    whose nodes stand where the host would: `redis+cluster://:password@one:6379,two:6379`.
    """
    return _connect(url, CoalescedRedis, _CONNECTIONS)


def connect_reader(url: str) -> Redis:
    """A client with one connection (of a cluster: one to each node), for a consumer's blocking reads, which would hold
    up all others."""
    return _connect(url, KeptRedis, 1)


def _connect(url: str, kind: type[Redis], connections: int) -> Redis:
    if "+cluster://" not in url:
        return _connect_to_one(url, kind, connections)
    seeds, url_of = _nodes(url)
    return ClusterRedis(seeds, lambda address: _connect_to_one(url_of(address), kind, connections))


def _connect_to_one(url: str, kind: type[Redis], connections: int) -> Redis:
    pool = BlockingConnectionPool.from_url(
        url,
        timeout=_SOCKET_SECONDS,
        connection_class=_Connection,  # for redis://; TLS goes without
        parser_class=_Parser,
        protocol=2,
        decode_responses=False,
        max_connections=connections,
        socket_timeout=_SOCKET_SECONDS,
        socket_connect_timeout=_SOCKET_SECONDS,
        socket_read_size=_READ_BYTES,
        retry=Retry(NoBackoff(), 0),
    )
    redis = kind.from_pool(pool)
    # redis-py's parsers know only the summary of XPENDING, lose the cursor of XAUTOCLAIM with JUSTID, and take
    # long over XREADGROUP.
    for command in ("XPENDING", "XAUTOCLAIM", "XREADGROUP"):
        redis.set_response_callback(command, _as_it_came)
    return redis


def _nodes(url: str) -> tuple[list[Address], Callable[[Address], str]]:
    """The nodes that a cluster's URL names, and what makes the URL of any of its nodes."""
    scheme, _, rest = url.partition("+cluster://")
    places, slash, more = rest.partition("/")
    login, at, hosts = places.rpartition("@")
    seeds = []
    for place in hosts.split(","):
        split = urlsplit(f"//{place}")
        seeds.append(Address(split.hostname or "localhost", split.port or 6379))
    return seeds, lambda address: f"{scheme}://{login}{at}{address}{slash}{more}"


def _as_it_came(response: Any, **_: Any) -> Any:
    return response
