"""Counts what is paid for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import httpx
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from pipeline.engines.redis.connection import REDIS_AWAY
from schemas.money import Money
from stages.adapters.database import Database, statement
from stages.cost.bill import Counted
from stages.mendable import Mendable

_SECONDS = 10.0


class UnreadableMetrics(Mendable):
    """A process doesn't tell its counters; the message says which."""


async def count(
    database: Database, redis: Redis | None, metrics: Sequence[str], since: datetime, now: datetime
) -> Counted:
    """What was counted since then. Raises UnreadableMetrics and DatabaseUnavailable."""
    async with database.transaction() as connection:
        row = await connection.fetchrow(statement("cost/counted"), since)
        paid = await connection.fetch(statement("cost/charged"), since)
    assert row is not None  # noqa: S101 - it is one of sums
    seconds = (now - since).total_seconds()
    return Counted(
        hours=Decimal(seconds) / 3600,
        comments=row["comments"],
        orders=row["orders"],
        refunds=row["refunds"],
        charges=sum(each["charges"] for each in paid),
        charged={
            each["currency"]: Money(amount_minor=each["charged_minor"], currency=each["currency"]).major
            for each in paid
        },
        whatsapp=row["whatsapp"],
        sms=row["sms"],
        database_bytes=row["database_bytes"],
        redis_bytes=await _redis_bytes(redis),
        core_seconds=await _core_seconds(metrics, seconds),
    )


async def _redis_bytes(redis: Redis | None) -> int | None:
    if redis is None:
        return None
    try:
        return int((await redis.info("memory"))["used_memory"])
    except REDIS_AWAY:
        return None


async def _core_seconds(metrics: Sequence[str], seconds: float) -> Decimal | None:
    """What the processes would have used in so many seconds at the rate of their lives; None where none is named."""
    if not metrics:
        return None
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as http:
        return sum([Decimal(await _cores(http, url)) for url in metrics], Decimal(0)) * Decimal(seconds)


async def _cores(http: httpx.AsyncClient, url: str) -> float:
    try:
        text = (await http.get(url)).raise_for_status().text
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreadableMetrics(f"{url} tells nothing: {error or type(error).__name__}") from error
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }
    try:
        lived = time.time() - samples["process_start_time_seconds"]
        return float(samples["process_cpu_seconds_total"] / max(lived, 1.0))
    except KeyError as missing:
        raise UnreadableMetrics(f"{url} does not tell {missing}: is it a process of the shop?") from missing
