"""The runtime's verb `run`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, TypeVar

import typer
import uvloop

from pipeline.metrics import serving_metrics
from pipeline.settings import Engine, RuntimeSettings
from pipeline.tracing import tracing
from pipeline.worker import Agent, Worker

T = TypeVar("T")
OpenAgents = Callable[[Any, Sequence[str]], AbstractAsyncContextManager[list[Agent]]]


def run_async(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop."""
    return uvloop.run(coroutine)


class UnknownStage(LookupError):
    """There is no stage of this name."""


def add_run(app: typer.Typer, load: Callable[[], RuntimeSettings], agents: OpenAgents) -> None:
    """`run [STAGE...]`; `agents` raises UnknownStage for a name it doesn't know, and gives all without a name.
    `--engine` goes before the setting."""

    @app.command(help="Run stages in this process until SIGTERM; without a name, all of them.")
    def run(
        stage: Annotated[list[str] | None, typer.Argument(metavar="STAGE")] = None,
        engine: Annotated[Engine | None, typer.Option(help="What to run on (ENGINE).")] = None,
    ) -> None:
        settings = load()
        if engine:
            settings = settings.model_copy(update={"engine": engine})
        try:
            run_async(_run(settings, stage or [], agents))
        except UnknownStage as error:
            raise typer.BadParameter(str(error)) from error


async def _run(settings: RuntimeSettings, names: Sequence[str], agents: OpenAgents) -> None:
    with serving_metrics(settings), tracing(settings):
        async with agents(settings, names) as opened:
            await Worker(opened, settings.drain_seconds).run()
