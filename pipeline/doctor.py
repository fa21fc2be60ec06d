"""`doctor`: says whether the surroundings are as they must be."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from pipeline.cli import run_async
from pipeline.engines.redis.checks import check_redis
from pipeline.engines.redis.connection import REDIS_AWAY, connect
from pipeline.finding import Finding, Level

_STYLES: dict[Level, str] = {"ok": "green", "warning": "yellow", "error": "bold red", "unknown": "cyan"}

Examine = Callable[[], Awaitable[Sequence[Finding]]]


def add_doctor(app: typer.Typer, examine: Examine) -> None:
    """`doctor [--json]`; status 1 where `examine` finds an error."""

    @app.command(help="Check settings, Redis, database and models; status 1 where something can't work.")
    def doctor(
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
    ) -> None:
        findings = run_async(_gathered(examine))
        fit = not any(finding.level == "error" for finding in findings)
        if as_json:
            said = {"ok": fit, "findings": [finding.as_json() for finding in findings]}
            sys.stdout.write(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE).decode())
        else:
            Console().print(as_table(findings))
        if not fit:
            raise typer.Exit(1)


async def examine_redis(url: str) -> list[Finding]:
    """What there is to say of the Redis at `url`; one that does not answer is an error."""
    redis = connect(url)
    try:
        return await check_redis(redis)
    except REDIS_AWAY as error:
        return [Finding("error", "Redis", f"It can't be used: {error} See REDIS_URL.")]
    finally:
        await redis.aclose()


def as_table(findings: Sequence[Finding]) -> Table:
    """One line for each finding."""
    table = Table("", "what", "how it stands", box=None, padding=(0, 2, 0, 0))
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for finding in findings:
        table.add_row(f"[{_STYLES[finding.level]}]{finding.level}[/]", finding.subject, finding.sentence)
    return table


async def _gathered(examine: Examine) -> Sequence[Finding]:
    return await examine()
