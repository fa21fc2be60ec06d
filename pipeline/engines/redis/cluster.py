"""A Redis Cluster, spoken to as if it were one server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import AskError, ConnectionError, MovedError, ResponseError, TimeoutError

from pipeline.engines.redis.slots import EVERY_PRIMARY, Address, SlotMap, first_key, slot_of

_MOST_HOPS = 5  # redirections that one command follows; more come only while nodes disagree
_UNREACHED = (ConnectionError, TimeoutError, OSError)


class InMotion(ConnectionError):
    """The cluster is being rearranged, or nobody holds a slot; it passes by itself."""


class NotACluster(ResponseError):
    """What was said to be a cluster is a lone server."""


class ClusterRedis(Redis):
    """Sends each command to the primary that holds its keys, which must share a slot; the commands of EVERY_PRIMARY go
    to all.

    A command is sent again only where a server has said that it did not carry it out, because the slot is another
    one's. Whatever else fails is the caller's, who knows what may be repeated; where a node was not reached, the
    next command first asks the others who holds what now. So a failover looks like a server that is away for a while.
    """

    def __init__(self, seeds: Sequence[Address], connect: Callable[[Address], Redis]) -> None:
        """`seeds`: nodes to ask at first; `connect` makes the client of one."""
        self._connect = connect
        self._nodes: dict[Address, Redis] = {}
        self._asked_next = deque(seeds)
        self._map: SlotMap | None = None
        self._learning = asyncio.Lock()
        # The pool of its own is there for what reads an encoder from it; nothing is sent through it.
        super().__init__(connection_pool=self.node(seeds[0]).connection_pool)

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Ask the node that holds the command's keys. Raises what redis-py raises."""
        if str(args[0]).upper() in EVERY_PRIMARY:
            nodes = (await self.primaries()).values()
            answers = await asyncio.gather(
                *(self.told(node.execute_command(*args, **options)) for node in nodes)
            )
            return answers[0]

        async def ask(node: Redis, asking: bool) -> Any:
            if not asking:
                return await node.execute_command(*args, **options)
            calls = node.pipeline(transaction=False)
            calls.execute_command("ASKING")
            calls.execute_command(*args, **options)
            return (await calls.execute())[1]

        return await self.at_owner(slot_of(first_key(args)), ask)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Commands that go together: as a transaction all to one slot, else each to its own node."""
        return _ClusterPipeline(self, transaction)

    async def primaries(self) -> dict[str, Redis]:
        """A client of each primary, by its address. Raises what redis-py raises."""
        return {str(address): self.node(address) for address in (await self.slots()).primaries}

    async def slots(self) -> SlotMap:
        """Who holds what, as far as we know. Raises what redis-py raises."""
        return self._map or await self._learn()

    def node(self, address: Address) -> Redis:
        """The client of one node; it goes on belonging to this one."""
        if address not in self._nodes:
            self._nodes[address] = self._connect(address)
        return self._nodes[address]

    async def owner(self, slot: int) -> tuple[Address, Redis]:
        """Who holds the slot. Raises what redis-py raises."""
        address = (await self.slots()).owners[slot]
        if address is None:
            self._map = None
            raise InMotion(f"No node of the cluster holds slot {slot} now.")
        return address, self.node(address)

    async def at_owner(self, slot: int, ask: Callable[[Redis, bool], Awaitable[Any]]) -> Any:
        """What `ask` answers of the slot's owner; the second argument says that it must say ASKING before."""
        for _ in range(_MOST_HOPS):
            address, node = await self.owner(slot)
            try:
                return await self.told(ask(node, False))
            except MovedError as moved:
                await self._follow(slot, _address(moved, address))
            except AskError as elsewhere:
                return await self.told(ask(self.node(_address(elsewhere, address)), True))
        self._map = None
        raise InMotion(f"The nodes of the cluster don't agree who holds slot {slot}.")

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close the connections to all nodes."""
        for node in self._nodes.values():
            await node.aclose()
        self._nodes.clear()

    async def told(self, answer: Awaitable[Any]) -> Any:
        """The answer. Where there is none, or the cluster is down, the map may be of the past."""
        try:
            return await answer
        except _UNREACHED:
            self._map = None
            raise
        except ResponseError as error:
            if error.status_code == "CLUSTERDOWN":
                self._map = None
            raise

    async def _follow(self, slot: int, owner: Address) -> None:
        """The slot has moved: whoever holds it now knows best what else has."""
        self._map = None
        if owner in self._asked_next:
            self._asked_next.remove(owner)
        self._asked_next.appendleft(owner)
        slots = await self._learn()
        if slots.owners[slot] != owner:
            self._map = slots.moved(slot, owner)

    async def _learn(self) -> SlotMap:
        async with self._learning:
            if self._map:  # somebody else has asked meanwhile
                return self._map
            unreached: Exception | None = None
            for _ in range(len(self._asked_next)):
                address = self._asked_next[0]
                self._asked_next.rotate(-1)  # another one is asked first next time: this one may be cut off
                try:
                    slots = await self._ask_for_slots(address)
                except (*_UNREACHED, ResponseError) as error:
                    unreached = error
                    continue
                self._asked_next.extend(set(slots.primaries) - set(self._asked_next))
                self._map = slots
                return slots
            assert unreached is not None  # noqa: S101 - there is a seed
            raise unreached

    async def _ask_for_slots(self, address: Address) -> SlotMap:
        try:
            rows = await self.node(address).execute_command("CLUSTER SLOTS")
        except ResponseError as error:
            if "cluster support disabled" in str(error):
                raise NotACluster(
                    f"{address} is no node of a cluster: write redis:// in REDIS_URL."
                ) from error
            raise
        return SlotMap.read(rows, address)


class _ClusterPipeline(Pipeline):
    """Collects commands; `execute` sends them where they belong. It can't watch."""

    def __init__(self, cluster: ClusterRedis, transaction: bool) -> None:
        super().__init__(cluster.connection_pool, cluster.response_callbacks, transaction, None)
        self._cluster = cluster

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """The answers, in the order of the commands. Raises what redis-py raises, unless that is to be among them."""
        commands, self.command_stack = list(self.command_stack), []
        if not commands:
            return []
        if self.is_transaction:
            return await self._in_one_step(commands, raise_on_error)
        answers = await self._apart(commands)
        if raise_on_error:
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
        return answers

    async def _in_one_step(self, commands: list[Any], raise_on_error: bool) -> list[Any]:
        async def ask(node: Redis, asking: bool) -> list[Any]:
            if asking:
                raise InMotion(
                    "The slot is on its way to another node; a transaction waits until it is there."
                )
            calls = node.pipeline(transaction=True)
            for args, options in commands:
                calls.execute_command(*args, **options)
            answers: list[Any] = await calls.execute(raise_on_error=raise_on_error)
            return answers

        answers: list[Any] = await self._cluster.at_owner(slot_of(first_key(commands[0][0])), ask)
        return answers

    async def _apart(self, commands: list[Any]) -> list[Any]:
        """Each node's commands in one trip; those that were sent to the wrong one, again by themselves."""
        answers: list[Any] = [None] * len(commands)
        by_node: dict[Address, list[int]] = {}
        nodes: dict[Address, Redis] = {}
        for place, (args, _) in enumerate(commands):
            if str(args[0]).upper() in EVERY_PRIMARY:
                continue
            address, node = await self._cluster.owner(slot_of(first_key(args)))
            nodes[address] = node
            by_node.setdefault(address, []).append(place)
        await asyncio.gather(
            *(self._travel(nodes[each], commands, places, answers) for each, places in by_node.items())
        )
        for place, (args, options) in enumerate(commands):
            if isinstance(answers[place], AskError) or str(args[0]).upper() in EVERY_PRIMARY:
                answers[place] = await _caught(self._cluster.execute_command(*args, **options))
        return answers

    async def _travel(
        self, node: Redis, commands: list[Any], places: Sequence[int], answers: list[Any]
    ) -> None:
        calls = node.pipeline(transaction=False)
        for place in places:
            args, options = commands[place]
            calls.execute_command(*args, **options)
        came = await _caught(self._cluster.told(calls.execute(raise_on_error=False)))
        for number, place in enumerate(places):
            answers[place] = came if isinstance(came, Exception) else came[number]


async def _caught(answer: Awaitable[Any]) -> Any:
    """The answer, or the exception as one."""
    try:
        return await answer
    except Exception as error:  # it is handed on to whoever asked
        return error


def _address(redirected: AskError, asked: Address) -> Address:
    return Address(redirected.host or asked.host, int(redirected.port))


async def primaries_of(redis: Redis) -> Mapping[str, Redis]:
    """The servers behind a client that hold keys, by their addresses: of a lone server itself, by no address. Raises
    what redis-py raises."""
    return await redis.primaries() if isinstance(redis, ClusterRedis) else {"": redis}
