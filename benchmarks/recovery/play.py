"""Feeds the load in portions, one for each kill, and sees to it that each kill happens."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Sequence

from benchmarks.recovery.control import Director
from benchmarks.recovery.feeder import Feeder
from benchmarks.recovery.load import PlannedComment
from benchmarks.recovery.poison import Poison
from benchmarks.recovery.recoveries import Recoveries
from benchmarks.recovery.schedule import AtPoint, AtRandom, Kill
from benchmarks.recovery.settings import WORKERS
from benchmarks.recovery.supervisor import GATEWAY, Supervisor

_POINT_PATIENCE_SECONDS = 8.0
_LOOK_SECONDS = 0.02
_LONGEST_PORTION_SECONDS = 3.0

Item = PlannedComment | Poison


class Play:
    """The load and its kills."""

    def __init__(
        self,
        feeder: Feeder,
        supervisor: Supervisor,
        director: Director,
        recoveries: Recoveries,
        dice: random.Random,
    ) -> None:
        self._feeder, self._supervisor, self._director = feeder, supervisor, director
        self._recoveries, self._dice = recoveries, dice

    async def run(self, items: Sequence[Item], kills: Sequence[Kill]) -> None:
        """Send everything; return once all is acknowledged and every kill has happened."""
        portions = max(1, len(kills))
        for number in range(portions):
            portion = items[len(items) * number // portions : len(items) * (number + 1) // portions]
            async with asyncio.TaskGroup() as group:
                if kills:
                    group.create_task(self._kill(kills[number]))
                group.create_task(self._feeder.send(portion))
            done = f"{number + 1}/{portions} portions, {sum(self._supervisor.kills.values())} kills"
            print(f"{done}; last: {kills[number] if kills else 'none'}", file=sys.stderr)

    async def run_with_power_cuts(self, items: Sequence[Item], cuts: int) -> None:
        """Send everything; the power is cut so often, at a random time while a portion is sent or worked on."""
        for number in range(cuts):
            portion = items[len(items) * number // cuts : len(items) * (number + 1) // cuts]
            async with asyncio.TaskGroup() as group:
                group.create_task(self._feeder.send(portion))
                group.create_task(self._cut())
            print(f"{number + 1}/{cuts} power cuts", file=sys.stderr)

    async def _cut(self) -> None:
        await asyncio.sleep(self._dice.uniform(0, _LONGEST_PORTION_SECONDS))
        self._supervisor.cut_power(self._dice)

    async def _kill(self, kill: Kill) -> None:
        # Who has died with an entry too often is dead-lettered, by design; that is not what is tried here.
        await self._recoveries.until_none_died_often()
        match kill:
            case AtPoint(point=point, passage=passage):
                if await self._killed_at(point, passage):
                    return
                # Nobody came by: then somebody dies all the same.
                await self._kill_part(AtRandom("worker", 0.0, 0.0))
            case AtRandom():
                await asyncio.sleep(kill.after)
                await self._kill_part(kill)

    async def _killed_at(self, point: str, passage: int) -> bool:
        self._director.arm(point, passage)
        deadline = time.monotonic() + _POINT_PATIENCE_SECONDS
        while not self._director.has_fired():
            if time.monotonic() > deadline and self._director.disarm():
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        self._supervisor.kills[point] += 1
        return True

    async def _kill_part(self, kill: AtRandom) -> None:
        self._supervisor.kills[kill.part] += 1
        match kill.part:
            case "worker":
                self._supervisor.kill(self._dice.choice(WORKERS))
            case "gateway":
                self._supervisor.kill(GATEWAY)
            case server:
                await self._supervisor.kill_server(server, kill.away, self._recoveries)
