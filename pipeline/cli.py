"""The runtime's verbs: run stages, and look after dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.dead_letters import DeadLetters, Listed
from pipeline.engines.redis.keys import Keys
from pipeline.settings import RuntimeSettings
from pipeline.worker import Agent, Worker

T = TypeVar("T")
OpenAgents = Callable[[Any, Sequence[str]], AbstractAsyncContextManager[list[Agent]]]

console = Console()


def run_async(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop."""
    return uvloop.run(coroutine)


class UnknownStage(LookupError):
    """There is no stage of this name."""


def add_run(app: typer.Typer, load: Callable[[], RuntimeSettings], agents: OpenAgents) -> None:
    """`run [STAGE...]`; `agents` raises UnknownStage for a name it doesn't know, and gives all without a name."""

    @app.command(help="Run stages in this process until SIGTERM; without a name, all of them.")
    def run(stage: Annotated[list[str] | None, typer.Argument(metavar="STAGE")] = None) -> None:
        try:
            run_async(_run(load(), stage or [], agents))
        except UnknownStage as error:
            raise typer.BadParameter(str(error)) from error


async def _run(settings: RuntimeSettings, names: Sequence[str], agents: OpenAgents) -> None:
    async with agents(settings, names) as opened:
        await Worker(opened, settings.drain_seconds).run()


def dead_letter_commands(load: Callable[[], RuntimeSettings]) -> typer.Typer:
    """`dlq list|show|redrive`."""
    app = typer.Typer(help="Look after dead letters.", no_args_is_help=True)

    @app.command("list", help="List the dead letters.")
    def list_them(stage: Annotated[str | None, typer.Option(help="Only of this stage.")] = None) -> None:
        letters = asyncio.run(_all(load(), stage))
        console.print(_table(letters) if letters else "There are no dead letters.")

    @app.command(help="Show one dead letter with its record, error and attempts.")
    def show(dead_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
        _print(asyncio.run(_find(load(), dead_id)))

    @app.command(help="Send dead letters back to the stages they came from.")
    def redrive(
        dead_id: Annotated[str | None, typer.Argument(metavar="[ID]")] = None,
        everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
        stage: Annotated[str | None, typer.Option(help="With --all: only of this stage.")] = None,
    ) -> None:
        if (dead_id is None) == (not everything):
            raise typer.BadParameter("name one dead letter's ID, or say --all")
        count = asyncio.run(_redrive(load(), dead_id, stage))
        console.print(f"{count} dead letter{'s' if count != 1 else ''} sent back.")

    return app


@asynccontextmanager
async def _opened(settings: RuntimeSettings) -> AsyncIterator[DeadLetters]:
    redis = connect(settings.redis_url)
    try:
        yield DeadLetters(redis, Keys(settings.key_prefix), settings.partitions)
    finally:
        await redis.aclose()


async def _all(settings: RuntimeSettings, stage: str | None) -> list[Listed]:
    async with _opened(settings) as letters:
        return [listed async for listed in letters.all(stage)]


async def _find(settings: RuntimeSettings, dead_id: str) -> Listed:
    async with _opened(settings) as letters:
        return await letters.find(dead_id)


async def _redrive(settings: RuntimeSettings, dead_id: str | None, stage: str | None) -> int:
    async with _opened(settings) as letters:
        # Listed first: what fails again comes back as a new dead letter, and must not be met once more.
        wanted = [await letters.find(dead_id)] if dead_id else [each async for each in letters.all(stage)]
        for listed in wanted:
            await letters.redrive(listed)
        return len(wanted)


def _table(letters: Sequence[Listed]) -> Table:
    table = Table("id", "stage", "comment", "failed", "attempts", "reason", box=None)
    for column in table.columns[:-1]:
        column.no_wrap, column.overflow = True, "fold"
    # Whatever the screen has no room for, the id stays whole: `redrive` asks for it.
    table.columns[0].min_width = max(len(listed.id) for listed in letters)
    for listed in letters:
        letter = listed.letter
        failed = _time(letter.last_failed_ms)
        # One line for each: the reason gives way, and `show` has all of it.
        reason = Text(letter.reason, no_wrap=True, overflow="ellipsis")
        table.add_row(listed.id, letter.stage, letter.comment_id, failed, str(letter.attempts), reason)
    return table


def _print(listed: Listed) -> None:
    letter = listed.letter
    table = Table(show_header=False, title=f"dead letter {listed.id}")
    table.add_row("stage", letter.stage)
    table.add_row("comment", letter.comment_id)
    table.add_row("reason", letter.reason)
    table.add_row("error", letter.error or "-")
    table.add_row("attempts", str(letter.attempts))
    table.add_row("first failed", _time(letter.first_failed_ms))
    table.add_row("last failed", _time(letter.last_failed_ms))
    for name, value in letter.raw.items():
        table.add_row(
            f"entry: {name.decode(errors='backslashreplace')}", value.decode(errors="backslashreplace")
        )
    if letter.detail:
        table.add_row("traceback", letter.detail)
    console.print(table)


def _time(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="seconds")
