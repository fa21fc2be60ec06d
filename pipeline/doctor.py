"""`doctor`: says whether the surroundings are as they must be."""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import orjson
import typer
from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, ResponseError
from rich.console import Console
from rich.table import Table

from pipeline.cli import run_async
from pipeline.clock_skew import skew_finding
from pipeline.engines.redis.checks import UnfitRedis, check_redis
from pipeline.engines.redis.cluster import ClusterRedis
from pipeline.engines.redis.connection import REDIS_AWAY, connect
from pipeline.engines.redis.unusable import why_unusable
from pipeline.finding import Finding, Level

_STYLES: dict[Level, str] = {"ok": "green", "warning": "yellow", "error": "bold red", "unknown": "cyan"}

Examine = Callable[[], Awaitable[Sequence[Finding]]]


def add_doctor(app: typer.Typer, examine: Examine) -> None:
    """`doctor [--json]`; status 1 where `examine` finds an error, 3 where it finds nothing worse than a warning."""

    @app.command(
        help="Check settings, servers, models and providers; status 1 where something can't work, 3 where something "
        "may get lost or be refused."
    )
    def doctor(
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
    ) -> None:
        findings = run_async(_gathered(examine))
        fit = not any(finding.level == "error" for finding in findings)
        if as_json:
            said = {"ok": fit, "findings": [finding.as_json() for finding in findings]}
            sys.stdout.write(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE).decode())
        else:
            console = Console()
            console.print(as_table(findings))
            console.print(f"\n{summary(findings)}", markup=False)
        if not fit:
            raise typer.Exit(1)
        if any(finding.level == "warning" for finding in findings):
            raise typer.Exit(3)


async def examine_redis(url: str, clock: Callable[[], float] = time.time) -> list[Finding]:
    """What there is to say of the Redis at `url`; one that does not answer is an error. `clock`: epoch seconds."""
    redis = connect(url)
    try:
        findings = await check_redis(redis)
        if any(finding.level == "error" for finding in findings):
            return findings
        return [*findings, await _clock_of(redis, clock)]
    except UnfitRedis as error:
        return [Finding("error", "Redis", str(error))]
    except REDIS_AWAY as error:
        return [Finding("error", "Redis", why_unusable(error))]
    finally:
        await redis.aclose()


async def _clock_of(redis: Redis, clock: Callable[[], float]) -> Finding:
    """Of a cluster, a primary's that is off, if there is one."""
    nodes = (await redis.primaries()).values() if isinstance(redis, ClusterRedis) else [redis]
    findings = []
    for node in nodes:
        before = clock()
        try:
            seconds, microseconds = await node.time()
        except (BusyLoadingError, ResponseError):  # it is loading its data, or keeps its time to itself
            return Finding(
                "unknown", "Redis clock", "The server does not tell its time: see that it is set by NTP."
            )
        findings.append(skew_finding("Redis", seconds + microseconds / 1e6, before, clock()))
    return max(findings, key=lambda finding: finding.level == "warning")


def summary(findings: Sequence[Finding]) -> str:
    """The verdict in a sentence."""
    errors, warnings = (sum(each.level == level for each in findings) for level in ("error", "warning"))
    if errors:
        return f"Not fit: mend what stands as an error ({errors}) first."
    if warnings:
        return f"It works; what stands as a warning ({warnings}) may cost something."
    return "Healthy."


def as_table(findings: Sequence[Finding]) -> Table:
    """One line for each finding."""
    table = Table("", "what", "how it stands", box=None, padding=(0, 2, 0, 0))
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for finding in findings:
        table.add_row(f"[{_STYLES[finding.level]}]{finding.level}[/]", finding.subject, finding.sentence)
    return table


async def _gathered(examine: Examine) -> Sequence[Finding]:
    return await examine()
