"""A stage at the public door, and comments before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.stage import Door, Opened, Stage
from tests.contract.rig import KEYS, Item, Rig, done, stage


def door(handler: Any = done) -> Stage[Item]:
    """A stage at the public door."""

    def opens(seq: str, fields: Any) -> Opened[Item]:
        comment_id = f"00000000-0000-4000-8000-{int(fields[b'n']):012}"
        return Opened(comment_id, "2026-01-01T00:00:00+00:00", "streamer", Item(number=int(fields[b"n"])))

    return replace(stage("door", handler, emits="first", concurrency=100), door=Door(opens=opens))


async def comments(rig: Rig, *ids: str) -> None:
    """Entries of the public stream, under these ids."""
    for number, entry_id in enumerate(ids):
        await rig.redis.execute_command("XADD", KEYS.comments, entry_id, "n", number)
