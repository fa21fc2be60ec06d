"""What runs in which process on two cores, and what each of them costs."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil

from stages.demo.house import House
from stages.demo.progress import Observer

LAYOUT: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "judge": (("intent",), {"model_threads": 2}),
    "look": (("vision",), {}),
    "rest": (
        (
            "ingest", "order", "payment", "notify", "projector", "relay", "holds", "webhooks", "refunds", "payouts",
            "trimmer", "watch", "backlogs", "sales", "memory",
        ),
        {},
    ),
}  # fmt: skip
"""The intent model, which is most of the work, may use both cores; what else blocks the interpreter stands apart."""

ROOT = Path(__file__).parents[2]
_READY_SECONDS, _LOOK_SECONDS = 120.0, 0.2


async def start_stages(house: House, observer: Observer) -> None:
    """Start gateway, stages and keepers; return once all of them read. Raises ServerFailed."""
    house.start_process("gateway")
    for name, (agents, settings) in LAYOUT.items():
        house.start_program(name, "-m", "stages", "run", *agents, **settings)
    await asyncio.to_thread(house.wait_for, "gateway")
    async with asyncio.timeout(_READY_SECONDS):
        while not (await observer.look()).ready:
            house.check()
            await asyncio.sleep(_LOOK_SECONDS)


def stop_stages(house: House) -> None:
    """End them; whatever is in hand is given back by their leases."""
    for name in ("gateway", *LAYOUT):
        house.dismiss_process(name)


def processor_seconds() -> dict[str, float]:
    """Processor time that each part of the house, and this process, has used since its start."""
    used: dict[str, float] = defaultdict(float)
    here = psutil.Process()
    for process in (here, *here.children(recursive=True)):
        try:
            name, times = _part(process.cmdline()), process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used["feeder" if process == here else name] += times.user + times.system
    return dict(used)


def _part(command: list[str]) -> str:
    words = " ".join(command)
    for name, (agents, _) in LAYOUT.items():
        if f"stages run {agents[0]}" in words:
            return name
    for mark, name in (
        ("stages.sandbox", "sandbox"),
        ("stages serve gateway", "gateway"),
        ("valkey", "valkey"),
        ("postgres", "postgres"),
    ):
        if mark in words:
            return name
    return Path(command[0]).name if command and command[0] != sys.executable else "other"
