"""Which primary of a Redis Cluster holds which key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

EVERY_PRIMARY = frozenset({"CONFIG SET", "FLUSHALL", "FLUSHDB", "PING", "SCRIPT FLUSH", "SCRIPT LOAD"})
"""Commands without a key that are for every primary alike."""

_OF_ONE_SERVER = frozenset({"BGREWRITEAOF", "CONFIG GET", "DBSIZE", "INFO", "KEYS", "SCAN", "TIME", "WAIT"})
_SCRIPTS = frozenset({"EVAL", "EVALSHA", "FCALL"})
_WITH_STREAMS = frozenset({"XREAD", "XREADGROUP"})
_IN_TWO_WORDS = frozenset({"XGROUP", "XINFO", "MEMORY", "OBJECT"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a node listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SlotMap:
    """The primary of each slot, as a node tells it (None where nobody holds the slot), and each one's replicas."""

    owners: tuple[Address | None, ...]
    replicas: Mapping[Address, Sequence[Address]]

    @classmethod
    def read(cls, rows: Sequence[Sequence[Any]], teller: Address) -> SlotMap:
        """From the answer of `teller` to CLUSTER SLOTS: {first, last, primary {host, port, ..}, replicas ..} in each
        row. A node that does not know its own name goes by the one we have."""
        owners: list[Address | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        replicas: dict[Address, Sequence[Address]] = {}
        for first, last, *nodes in rows:
            primary, *others = (
                Address(host.decode() if host else teller.host, int(port)) for host, port, *_ in nodes
            )
            owners[first : last + 1] = [primary] * (last + 1 - first)
            replicas[primary] = others
        return cls(tuple(owners), replicas)

    @property
    def primaries(self) -> tuple[Address, ...]:
        """Each once, in the order of their slots."""
        return tuple(dict.fromkeys(owner for owner in self.owners if owner))

    def moved(self, slot: int, owner: Address) -> SlotMap:
        """The same, but for one slot."""
        return replace(self, owners=(*self.owners[:slot], owner, *self.owners[slot + 1 :]))


def slot_of(key: str | bytes) -> int:
    """The slot of a key: that of what stands in its first braces, if anything does."""
    return key_slot(key.encode() if isinstance(key, str) else key)


def first_key(command: Sequence[Any]) -> str | bytes:
    """The first key of a command, as it is given to redis-py; all its keys must share a slot, which the server checks.
    Raises ValueError for commands that have none, or where we don't know it."""
    name = str(command[0]).upper()
    if name in _OF_ONE_SERVER or name.startswith(("CLUSTER", "CLIENT")):
        raise ValueError(f"{name} is for one server: ask each of the cluster's primaries.")
    if name in _SCRIPTS:
        place = 3
    elif name in _WITH_STREAMS:
        place = [str(part).upper() for part in command].index("STREAMS") + 1
    else:
        place = 2 if name in _IN_TWO_WORDS else 1
    if len(command) <= place or not isinstance(command[place], str | bytes):
        raise ValueError(f"{name} names no key here, so no node of the cluster is the one for it.")
    key: str | bytes = command[place]
    return key
