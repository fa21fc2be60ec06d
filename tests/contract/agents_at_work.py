"""The agents that a rig has started, and the two ways in which they end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipeline.cancellation import cancel
from pipeline.worker import Agent

A = TypeVar("A", bound=Agent)


@dataclass(kw_only=True)
class AgentsAtWork(Generic[A]):
    """What every rig with agents in this process does with them."""

    agents: list[tuple[A, asyncio.Task[None]]] = field(default_factory=list)

    def put_to_work(self, agents: Iterable[A]) -> None:
        """Run them, each in a task of its own."""
        self.agents.extend((agent, asyncio.create_task(agent.run())) for agent in agents)

    async def drain(self) -> None:
        """Stop all agents in order and wait for what they have in hand."""
        for agent, _ in self.agents:
            agent.stop()
        for _, task in self.agents:
            await task
        self.agents.clear()

    async def kill(self) -> None:
        """Stop all agents as a crash would: what is in hand stays pending, and the broker hears of it at once."""
        await cancel(task for _, task in self.agents)
        self.agents.clear()
