"""Everything that runs in a process of a stage: the stages' agents, and the keepers beside them."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.exceptions import RedisError

from pipeline.backlog_watch import BacklogWatch, Place
from pipeline.cli import UnknownStage
from pipeline.dead_letter_watch import DeadLetterWatch
from pipeline.engines.redis.memory_watch import MemoryWatch
from pipeline.engines.redis.trimmer import Trimmer
from pipeline.engines.redis.watermark import Watermark
from pipeline.relay import Relay
from pipeline.rounds import Errand
from pipeline.settings import Engine
from pipeline.stage import Stage
from pipeline.worker import Agent
from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.holds import Holds
from stages.adapters.database.outbox import DatabaseOutbox
from stages.adapters.database.sales import Sales
from stages.adapters.database.webhook_endpoints import WebhookEndpoints
from stages.adapters.payments import PaymentMisused, PaymentUnavailable
from stages.adapters.vault import UnusableDataKeys
from stages.analytics.board import Board
from stages.archive.opened import archiver_of, mark_of
from stages.backbone import DOOR
from stages.holds import HoldKeeper
from stages.mendable import Mendable
from stages.sales_watch import SalesWatch
from stages.settings import ShopSettings
from stages.till import paying_out_of
from stages.webhook_keeper import WebhookKeeper
from stages.wiring import READS, STAGES, Wiring, stock_rules, utc_now

ERRORS = (
    "DatabaseRefused",
    "DatabaseUnavailable",
    "MessageMisused",
    "MessageUnavailable",
    "MessageUncertain",
    "PaymentMisused",
    "PaymentUnavailable",
    "UnreachableFrames",
)
"""The error classes of ours that a stage may end with: labels of the metrics."""

KEEPERS: Mapping[str, Callable[[Wiring], Agent]] = {
    "relay": lambda w: Relay(
        DatabaseOutbox(w.database),
        w.appender,
        partitions=w.settings.partitions,
        away=(*w.backbone.away, DatabaseUnavailable),
    ),
    "holds": lambda w: HoldKeeper(
        Holds(w.database, stock_rules(w.settings)),
        w.payments,
        now=utc_now,
        remind_before_seconds=w.settings.hold_reminder_seconds,
        away=(DatabaseUnavailable, PaymentMisused, PaymentUnavailable),
    ),
    "webhooks": lambda w: WebhookKeeper(
        WebhookEndpoints(w.database, w.vault),
        w.webhook_sender,
        now=utc_now,
        random=random.random,
        away=(DatabaseUnavailable, UnusableDataKeys),
    ),
    "payouts": lambda w: Errand(
        "payouts",
        paying_out_of(w.database, w.payments, utc_now).round if w.settings.payouts else _nothing,
        away=(DatabaseUnavailable, PaymentMisused, PaymentUnavailable),
        every_seconds=60.0,
    ),
    "refunds": lambda w: Errand(
        "refunds", w.refunding.resume, away=(DatabaseUnavailable, PaymentMisused, PaymentUnavailable)
    ),
    "trimmer": lambda w: Trimmer(
        w.redis,
        w.settings,
        [DOOR],
        Watermark(w.redis, w.keys, w.settings.partitions, DOOR),
        time.time,
        mark_of(w),
    ),
    "archiver": archiver_of,
    "watch": lambda w: DeadLetterWatch(
        w.backbone.count_letters,
        partitions=w.settings.partitions,
        stages=STAGES,
        errors=ERRORS,
        away=(RedisError, *w.backbone.away),
        clock=time.time,
    ),
    "memory": lambda w: MemoryWatch(w.redis),
    "sales": lambda w: SalesWatch(Sales(w.database), now=utc_now, away=(DatabaseUnavailable,)),
    "backlogs": lambda w: BacklogWatch(
        w.backbone.weigh,
        places(w.settings.partitions, w.backbone.door_partitions),
        away=(RedisError, *w.backbone.away),
    ),
    "analytics": lambda w: counting_of(w),
}

RUNNABLE = (*STAGES, *KEEPERS)

ONLY_ON: Mapping[str, tuple[Engine, str]] = {
    "trimmer": ("redis", "Kafka itself removes what is older than REPLAY_SECONDS"),
    "archiver": ("redis", "it reads comments_stream in Redis"),
    "analytics": ("kafka", "its tables are Faust's"),
}
"""What there is on one engine alone, and why."""


class NobodyReads(Mendable):
    """What a stage emits would lie in its stream for ever."""


@asynccontextmanager
async def open_agents(settings: ShopSettings, names: Sequence[str]) -> AsyncIterator[list[Agent]]:
    """The agents for the named stages (without a name, for all), connected and with their models loaded. Postgres
    is waited for.

    Raises UnknownStage, and NobodyReads for a stage that hands over to none that there is.
    """
    there = runnable(settings.engine)
    for name in names:
        if name not in RUNNABLE:
            raise UnknownStage(f"there is no stage {name!r}; there are {', '.join(there)}")
        if name not in there:
            engine, why = ONLY_ON[name]
            raise UnknownStage(f"{name} runs with ENGINE={engine} alone: {why}.")
    async with Wiring.open(settings, has_time=True) as wiring:
        agents: list[Agent] = []
        for name in names or there:
            if name in KEEPERS:
                agents.append(KEEPERS[name](wiring))
            else:
                agents.extend(wiring.backbone.agents_of(_handing_over(STAGES[name](wiring))))
        yield agents


def runnable(engine: Engine) -> tuple[str, ...]:
    """What `run` knows on this engine."""
    return tuple(name for name in RUNNABLE if ONLY_ON.get(name, (engine, ""))[0] == engine)


def places(partitions: int, door_partitions: int) -> list[Place]:
    """Where the stages work: each on every partition of the stream that it reads."""
    return [
        Place(stage, READS[stage], partition)
        for stage in STAGES
        for partition in range(door_partitions if stage == DOOR else partitions)
    ]


def counting_of(wiring: Wiring) -> Agent:
    """What counts the shows."""
    # Whoever runs on Redis alone does not wait for Faust to be loaded.
    from stages.analytics.counting import Counting

    settings = wiring.settings
    board = Board(wiring.redis, wiring.keys, settings.partitions)
    return Counting(settings, board, time.time, away=wiring.backbone.away)


def _handing_over(stage: Stage[Any]) -> Stage[Any]:
    """The stage, now that it is sure that somebody reads what it emits. Raises NobodyReads."""
    read = [name for name, stream in READS.items() if name == stream]
    if stage.emits is not None and stage.emits not in read:
        raise NobodyReads(
            f"{stage.name} emits to {stage.emits!r}, which no stage reads; there are {', '.join(read)}."
        )
    return stage


async def _nothing() -> None:
    """What a keeper does that the settings have switched off."""
