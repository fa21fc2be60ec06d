"""Everything that runs in a process of a stage: the stages' agents, and the keepers beside them."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from redis.exceptions import RedisError

from pipeline.backlog_watch import BacklogWatch, Place
from pipeline.cli import UnknownStage
from pipeline.dead_letter_watch import DeadLetterWatch
from pipeline.engines.redis.agent import agents_of
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.dead_letter_count import DeadLetterCount
from pipeline.engines.redis.load import StreamLoad
from pipeline.engines.redis.memory_watch import MemoryWatch
from pipeline.engines.redis.trimmer import Trimmer
from pipeline.relay import Relay
from pipeline.rounds import Errand
from pipeline.settlement import EVENTS
from pipeline.stage import PUBLIC_STREAM
from pipeline.worker import Agent
from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.holds import Holds
from stages.adapters.database.outbox import DatabaseOutbox
from stages.adapters.database.sales import Sales
from stages.adapters.database.webhook_endpoints import WebhookEndpoints
from stages.adapters.payments import PaymentMisused, PaymentUnavailable
from stages.adapters.vault import UnusableDataKeys
from stages.archive.opened import archiver_of, mark_of
from stages.holds import HoldKeeper
from stages.sales_watch import SalesWatch
from stages.settings import ShopSettings
from stages.till import paying_out_of
from stages.webhook_keeper import WebhookKeeper
from stages.wiring import DOOR, STAGES, Wiring, stock_rules, utc_now

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

STREAMS: Mapping[str, str] = {DOOR: PUBLIC_STREAM, "projector": EVENTS}
"""What the stages read that don't read the stream of their own name."""

KEEPERS: Mapping[str, Callable[[Wiring], Agent]] = {
    "relay": lambda w: Relay(
        DatabaseOutbox(w.database),
        w.appender,
        partitions=w.settings.partitions,
        away=(*REDIS_AWAY, DatabaseUnavailable),
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
    "trimmer": lambda w: Trimmer(w.redis, w.settings, [DOOR], w.watermark, time.time, mark_of(w)),
    "archiver": archiver_of,
    "watch": lambda w: DeadLetterWatch(
        DeadLetterCount(w.redis, w.keys),
        partitions=w.settings.partitions,
        stages=STAGES,
        errors=ERRORS,
        away=(RedisError, OSError),
        clock=time.time,
    ),
    "memory": lambda w: MemoryWatch(w.redis),
    "sales": lambda w: SalesWatch(Sales(w.database), now=utc_now, away=(DatabaseUnavailable,)),
    "backlogs": lambda w: BacklogWatch(
        StreamLoad(w.redis, w.keys), places(w.settings.partitions), away=(RedisError, OSError)
    ),
}

RUNNABLE = (*STAGES, *KEEPERS)


@asynccontextmanager
async def open_agents(settings: ShopSettings, names: Sequence[str]) -> AsyncIterator[list[Agent]]:
    """The agents for the named stages (without a name, for all), connected and with their models loaded.

    Raises UnknownStage.
    """
    for name in names:
        if name not in RUNNABLE:
            raise UnknownStage(f"there is no stage {name!r}; there are {', '.join(RUNNABLE)}")
    async with Wiring.open(settings) as wiring:
        agents: list[Agent] = []
        for name in names or RUNNABLE:
            if name in KEEPERS:
                agents.append(KEEPERS[name](wiring))
            else:
                agents.extend(agents_of(STAGES[name](wiring), wiring.redis, settings))
        yield agents


def places(partitions: int) -> list[Place]:
    """Where the stages work: each on every partition, but the door, whose stream has none."""
    return [
        Place(stage, STREAMS.get(stage, stage), partition)
        for stage in STAGES
        for partition in range(1 if stage == DOOR else partitions)
    ]


async def _nothing() -> None:
    """What a keeper does that the settings have switched off."""
