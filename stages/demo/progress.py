"""How far everything came: read from Redis and Postgres, shown as a table, summed up at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError
from rich.table import Table
from rich.text import Text

from pipeline.engines.redis.keys import Keys
from pipeline.settlement import DEAD
from pipeline.stage import PUBLIC_STREAM
from stages.adapters.database.trail import Totals, Trail
from stages.demo.house import KEEPERS
from stages.wiring import READS


@dataclass(frozen=True, slots=True)
class StageLoad:
    """One stage at this moment: entries that wait unread, that are in hand, and that wait for a retry."""

    waiting: int
    in_hand: int
    retrying: int
    consumers: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything at this moment. `comments` counts all that were ever taken in, `dead` the dead letters."""

    comments: int
    dead: int
    loads: dict[str, StageLoad]
    totals: Totals

    @property
    def idle(self) -> bool:
        """Nothing waits, is in hand, or will be tried again."""
        return not any(load.waiting or load.in_hand or load.retrying for load in self.loads.values())

    @property
    def finished(self) -> bool:
        """Every comment has reached an end state, and nothing is under way."""
        return self.idle and self.totals.ended == self.comments

    @property
    def ready(self) -> bool:
        """Every stage reads."""
        return all(load.consumers for load in self.loads.values())


class Observer:
    """Looks at a house from outside."""

    def __init__(self, redis: Redis, keys: Keys, trail: Trail, match_threshold: float) -> None:
        self._redis, self._keys, self._trail, self._threshold = redis, keys, trail, match_threshold

    async def look(self) -> Progress:
        """The progress now."""
        loads = {stage: await self._load(stage, stream) for stage, stream in READS.items()}
        return Progress(
            comments=await self._redis.xlen(self._keys.comments),
            dead=await self._redis.xlen(self._keys.stream(DEAD, 0)),
            loads=loads,
            totals=await self._trail.totals(self._threshold),
        )

    async def _load(self, stage: str, stream: str) -> StageLoad:
        key = self._keys.stream(stream, 0)
        try:
            group = (await self._redis.xinfo_groups(key))[0]
        except (ResponseError, IndexError):  # no stream, or no group yet
            return StageLoad(int(await self._redis.xlen(key)), 0, 0, 0)
        retry = self._keys.retry(stage, None if stream == PUBLIC_STREAM else 0)
        pending, retrying = int(group["pending"]), int(await self._redis.zcard(retry))
        unread = await self._unread(key, group)
        return StageLoad(unread, max(pending - retrying, 0), retrying, int(group["consumers"]))

    async def _unread(self, key: str, group: dict[str, Any]) -> int:
        """Entries after the last delivered one. Redis' own lag is unknown once entries were deleted."""
        last: bytes = group["last-delivered-id"]
        after = await self._redis.execute_command("XRANGE", key, f"({last.decode()}", "+", "COUNT", 10_000)
        return len(after)


def as_table(progress: Progress) -> Table:
    """The stages as they move."""
    totals = progress.totals
    passed = {
        "ingest": progress.comments - progress.loads["ingest"].waiting - progress.loads["ingest"].in_hand,
        "intent": totals.intents,
        "vision": totals.matched,
        "order": totals.orders,
        "payment": totals.paid,
        "notify": totals.notified,
    }
    words = {
        "ingest": "taken in",
        "intent": "judged",
        "vision": "matched",
        "order": "placed",
        "payment": "paid",
        "notify": "told",
    }
    table = Table("stage", "waiting", "in hand", "retrying", "so far", title="TikTokSales", expand=True)
    for stage, load in progress.loads.items():
        if stage in KEEPERS:
            continue
        counts = (_lit(load.waiting, "blue"), _lit(load.in_hand, "yellow"), _lit(load.retrying, "red"))
        so_far = f"[bold green]{passed[stage]}[/] {words[stage]}" if stage in passed else ""
        table.add_row(stage, *counts, so_far)
    table.caption = (
        f"{totals.ended} of {progress.comments} comments at their end, {progress.dead} dead-lettered"
    )
    return table


def _lit(count: int, style: str) -> Text:
    """A number that stands out unless it is 0."""
    return Text(str(count), style if count else "dim")


def as_summary(progress: Progress) -> dict[str, Any]:
    """The sums, as `--json` prints them; counts of everything the house's data holds."""
    totals = progress.totals
    return {
        "comments": progress.comments,
        "intents": totals.intents,
        "matched": totals.matched,
        "orders": totals.orders,
        "paid": totals.paid,
        "notified": totals.notified,
        "dropped": totals.dropped,
        "dead_lettered": progress.dead,
        "p50_ms": totals.p50_ms,
        "p99_ms": totals.p99_ms,
        "by_intent": totals.by_intent,
        "drops": totals.drops,
    }


def as_report(progress: Progress) -> Table:
    """The sums, for people."""
    table = Table(show_header=False, title="What happened")
    summary = as_summary(progress)
    for name in ("comments", "intents", "matched", "orders", "paid", "notified", "dropped", "dead_lettered"):
        detail = {"intents": "by_intent", "dropped": "drops"}.get(name)
        parts = (
            ", ".join(f"{key}: {count}" for key, count in sorted(summary[detail].items())) if detail else ""
        )
        table.add_row(name.replace("_", "-"), str(summary[name]), parts)
    table.add_row("message to order", f"p50 {summary['p50_ms']} ms", f"p99 {summary['p99_ms']} ms")
    return table
