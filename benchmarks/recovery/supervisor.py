"""Runs the house's processes, kills them on order, and starts again whatever died."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks.recovery.control import FOLDER_VARIABLE, Director
from benchmarks.recovery.power import cut_tail
from benchmarks.recovery.recoveries import Recoveries
from benchmarks.recovery.settings import WORKERS
from benchmarks.recovery.worker import NAME_VARIABLE
from pipeline.embedded.server import EmbeddedServer
from stages.demo.house import House

GATEWAY = "gateway"
_LOOK_SECONDS = 0.02
_SETTLING_SECONDS = 1.0
"""Who dies so soon after a server came back met it away."""
_ROOT = Path(__file__).parents[2]
_VERBS = {GATEWAY: ("serve", "gateway"), **dict.fromkeys(WORKERS, ("run",))}


class Supervisor:
    """`kills` counts what was killed, by kind; `unexpected` holds the log's end of whatever died by itself."""

    def __init__(self, house: House, director: Director) -> None:
        self._house, self._director = house, director
        self._condemned: set[str] = set()
        self._servers_away = False
        self._back_at = float("-inf")
        self.kills: Counter[str] = Counter()
        self.unexpected: list[str] = []
        self.exits_without_servers = 0
        self.bytes_cut = 0

    def start(self) -> None:
        """The gateway and the workers, in a house whose servers run."""
        for name in _VERBS:
            self._start(name)
        self._house.wait_for(GATEWAY)

    async def watch(self, recoveries: Recoveries) -> None:
        """Start again whatever died, until cancelled."""
        while True:
            for name in _VERBS:
                if not self._house.is_running(name):
                    await self._bury(name)
                    await recoveries.note(name)
                    self._start(name)
            await asyncio.sleep(_LOOK_SECONDS)

    def kill(self, name: str) -> None:
        """SIGKILL for the gateway or a worker."""
        self._condemned.add(name)
        self._house.kill_process(name)

    async def kill_server(self, name: str, away_seconds: float, recoveries: Recoveries) -> None:
        """SIGKILL for a server; it starts again on the same data."""
        server: EmbeddedServer = self._house.valkey if name == "valkey" else self._house.postgres
        in_hand = await recoveries.in_hand()
        self._servers_away = True
        since = time.monotonic()
        server.kill()
        await asyncio.sleep(away_seconds)
        server.start()
        self._servers_away, self._back_at = False, time.monotonic()
        recoveries.begin(since, in_hand)

    def cut_power(self, dice: random.Random) -> None:
        """Valkey dies, and with it the end of what it had written down; then it starts again."""
        self._servers_away = True
        self._house.valkey.kill()
        self.bytes_cut += cut_tail(self._house.valkey.data_dir, dice)
        self._house.valkey.start()
        self._servers_away, self._back_at = False, time.monotonic()

    def environment(self, name: str) -> dict[str, str]:
        """What a process of this name is told, besides the house's settings."""
        return {
            "pythonpath": str(_ROOT),
            FOLDER_VARIABLE: str(self._director.folder),
            NAME_VARIABLE: name,
            "consumer_name": name,
        }

    async def _bury(self, name: str) -> None:
        if name in self._condemned:
            self._condemned.discard(name)
        elif self._director.buries(name):
            return
        elif self._servers_away or time.monotonic() < self._back_at + _SETTLING_SECONDS:
            self.exits_without_servers += 1
        else:
            self.unexpected.append(f"{name}: {self._house.log_tail(name)}")
            print(f"{name} died by itself: {self._house.log_tail(name)}", file=sys.stderr)

    def _start(self, name: str) -> None:
        self._house.start_program(
            name, "-m", "benchmarks.recovery.worker", *_VERBS[name], **self.environment(name)
        )
