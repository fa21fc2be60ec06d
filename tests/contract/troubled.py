"""A Valkey of one's own that gets into every trouble from which Redis recovers by itself."""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import redis

from pipeline.embedded import Valkey
from pipeline.embedded.credentials import LOOPBACK, Credentials, free_port
from pipeline.embedded.process import ServerProcess, ServerSpec

_BALLAST = 100_000  # keys whose loading takes some 10 s at the pace below, unless it is told to hurry
_LOAD_MICROSECONDS = 50  # for each key; a loading server looks after its clients every 1024 keys


class TroubledValkey(Valkey):
    """A Valkey that can be started to load its data slowly; then it counts as started while it loads."""

    slow = False

    def _prepare(self, credentials: Credentials) -> ServerSpec:
        spec = super()._prepare(credentials)
        if self.slow:
            with (self.data_dir / "valkey.conf").open("a") as configuration:
                configuration.write(f"key-load-delay {_LOAD_MICROSECONDS}\n")
        return spec

    def _is_ready(self, process: ServerProcess) -> bool:
        return self._loads() if self.slow else super()._is_ready(process)

    def _loads(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=5) as connection:
                connection.sendall(f"AUTH {self.credentials.password}\r\nPING\r\nQUIT\r\n".encode())
                with connection.makefile("rb") as answers:
                    return b"-LOADING" in answers.read()
        except OSError:
            return False

    def wait_until_loaded(self) -> None:
        """Return once it takes commands again."""
        with self.client() as client:
            while client.info("persistence")["loading"]:
                time.sleep(0.01)

    def client(self) -> redis.Redis:
        """A client outside of what is tested, for setting the scene."""
        return redis.Redis.from_url(self.url, protocol=2)


Trouble = Callable[[TroubledValkey], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def full(server: TroubledValkey) -> AsyncIterator[None]:
    """Every write that needs memory is denied (-OOM)."""
    with server.client() as client:
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


@asynccontextmanager
async def read_only(server: TroubledValkey) -> AsyncIterator[None]:
    """A replica whose primary is away: every write is denied (-READONLY)."""
    with server.client() as client:
        client.replicaof(LOOPBACK, str(free_port()))
        try:
            yield
        finally:
            client.replicaof("NO", "ONE")


@asynccontextmanager
async def stale(server: TroubledValkey) -> AsyncIterator[None]:
    """A replica whose primary is away and that doesn't serve what may be out of date (-MASTERDOWN)."""
    with server.client() as client:
        client.config_set("replica-serve-stale-data", "no")
        client.replicaof(LOOPBACK, str(free_port()))
        try:
            yield
        finally:
            client.replicaof("NO", "ONE")
            client.config_set("replica-serve-stale-data", "yes")


@asynccontextmanager
async def loading(server: TroubledValkey) -> AsyncIterator[None]:
    """Killed, and started again with much to load (-LOADING)."""
    with server.client() as client:
        client.eval("for i = 1, ARGV[1] do redis.call('SET', 'ballast:' .. i, '') end", 0, _BALLAST)
    server.kill()
    server.slow = True
    try:
        server.start()
    finally:
        server.slow = False
    try:
        yield
    finally:
        with server.client() as client:
            client.config_set("key-load-delay", 0)
        server.wait_until_loaded()


@asynccontextmanager
async def away(server: TroubledValkey) -> AsyncIterator[None]:
    """Killed, and after a while started again on its data."""
    server.kill()
    try:
        yield
    finally:
        server.start()


@asynccontextmanager
async def short_of_replicas(server: TroubledValkey) -> AsyncIterator[None]:
    """Every write is denied until a replica is there (-NOREPLICAS)."""
    with server.client() as client:
        client.config_set("min-replicas-to-write", 1)
        try:
            yield
        finally:
            client.config_set("min-replicas-to-write", 0)


TROUBLES: tuple[Trouble, ...] = (full, read_only, stale, short_of_replicas, loading, away)
