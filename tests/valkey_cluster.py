"""A Redis Cluster of real Valkeys on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import redis

from pipeline.embedded import Valkey
from pipeline.embedded.credentials import LOOPBACK, Credentials, free_port, new_password
from pipeline.embedded.process import ServerSpec
from pipeline.engines.redis.slots import Address

SLOTS = 16384
_USER = "everybody"


class ClusterNode(Valkey):
    """A Valkey in cluster mode that knows nobody yet. `password` is that of the user whom all nodes know."""

    def __init__(self, data_dir: Path, password: str, node_timeout_ms: int) -> None:
        super().__init__(data_dir)
        self.bus_port = free_port()
        self._password, self._timeout = password, node_timeout_ms

    def _prepare(self, credentials: Credentials) -> ServerSpec:
        spec = super()._prepare(credentials)
        with (self.data_dir / "valkey.conf").open("a") as configuration:
            configuration.write(
                f"cluster-enabled yes\ncluster-port {self.bus_port}\ncluster-node-timeout {self._timeout}\n"
                # Six servers that wait for one disk hold up each other; a SIGKILL takes nothing from the kernel.
                f"appendfsync no\ncluster-announce-ip {LOOPBACK}\n"
                "cluster-replica-validity-factor 0\nrepl-diskless-sync-delay 0\n"
                f"user {_USER} on >{self._password} ~* &* +@all\n"
                f"masteruser {_USER}\nmasterauth {self._password}\n"
            )
        return spec

    @property
    def address(self) -> Address:
        """Where it listens."""
        return Address(LOOPBACK, self.port)

    def ask(self, *command: str | int) -> Any:
        """What the node answers."""
        with redis.Redis.from_url(self.url, decode_responses=True) as client:
            return client.execute_command(*command)

    @property
    def id(self) -> str:
        """Its name in the cluster."""
        return str(self.ask("CLUSTER MYID"))

    def info(self) -> dict[str, str]:
        """CLUSTER INFO."""
        said: dict[str, str] = self.ask("CLUSTER INFO")
        return said


class ValkeyCluster:
    """Three primaries that share the slots, with as many replicas each as is said. All calls block."""

    name: ClassVar[str] = "cluster"

    def __init__(self, home: Path, *, replicas: int = 0, node_timeout_ms: int = 5000) -> None:
        self._password = new_password()
        self.nodes = [
            ClusterNode(home / str(number), self._password, node_timeout_ms)
            for number in range(3 * (1 + replicas))
        ]

    @property
    def url(self) -> str:
        """How a client reaches it."""
        seeds = ",".join(str(node.address) for node in self.nodes[:3])
        return f"redis+cluster://{_USER}:{self._password}@{seeds}"

    def start(self) -> Self:
        """Return once the cluster takes commands, and every replica follows its primary."""
        for epoch, node in enumerate(self.nodes, 1):
            node.start()
            node.ask("CLUSTER SET-CONFIG-EPOCH", epoch)
        primaries, others = self.nodes[:3], self.nodes[1:]
        for number, node in enumerate(primaries):
            node.ask("CLUSTER ADDSLOTSRANGE", number * SLOTS // 3, (number + 1) * SLOTS // 3 - 1)
        for other in others:
            self.nodes[0].ask("CLUSTER MEET", LOOPBACK, other.port, other.bus_port)
        self._until(lambda: all(_knows(node, self.nodes) for node in self.nodes))
        replicas = list(zip(self.nodes[3:], primaries * len(self.nodes), strict=False))
        for replica, primary in replicas:
            replica.ask("CLUSTER REPLICATE", primary.id)
        self._until(lambda: all(node.info()["cluster_state"] == "ok" for node in self.nodes))
        self._until(lambda: all(follows(replica) for replica, _ in replicas))
        return self

    def remove(self) -> None:
        """End all nodes, and delete what they held."""
        for node in self.nodes:
            node.remove()

    def holder(self, slot: int) -> ClusterNode:
        """The primary that was given the slot at the start."""
        return self.nodes[next(number for number in range(3) if slot < (number + 1) * SLOTS // 3)]

    def replica_of(self, primary: ClusterNode) -> ClusterNode:
        """Its first replica."""
        return self.nodes[3 + self.nodes.index(primary)]

    def until_replicated(self, primary: ClusterNode) -> None:
        """Return once the replica has all that the primary has now."""
        offset = _offset(primary)
        self._until(lambda: _offset(self.replica_of(primary)) >= offset)

    def part(self, primary: ClusterNode) -> None:
        """From now on the replica is told nothing more; it may take the primary's place all the same."""
        self.replica_of(primary).ask("CONFIG SET", "masterauth", "another")
        primary.ask("CLIENT KILL", "TYPE", "replica")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def _until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not reached():
            if time.monotonic() > deadline:
                raise TimeoutError("The cluster was not up within 30 s.")
            time.sleep(0.02)


def servers_at(url: str) -> list[str]:
    """The URLs of the servers that a URL names: a cluster's primaries, or the one."""
    start, cluster, places = url.partition("+cluster://")
    if not cluster:
        return [url]
    login, _, hosts = places.rpartition("@")
    return [f"{start}://{login}@{host}" for host in hosts.split(",")]


def follows(replica: ClusterNode) -> bool:
    """Whether the replica has all that its primary had, and is told what comes."""
    return bool(replica.ask("INFO", "replication")["master_link_status"] == "up")


def _offset(node: ClusterNode) -> int:
    return int(node.ask("INFO", "replication")["master_repl_offset"])


def _knows(node: ClusterNode, all_of_them: Sequence[ClusterNode]) -> bool:
    info = node.info()
    return (
        int(info["cluster_known_nodes"]) == len(all_of_them) and int(info["cluster_slots_assigned"]) == SLOTS
    )
