"""`tiktoksales correct` and `tiktoksales export-training`: their options. What they do comes with the call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from pipeline.cli import run_async
from pipeline.moment import NotAMoment, moment
from schemas.records import Intent
from stages.commands.opened import opened_database
from stages.settings import ShopSettings

if TYPE_CHECKING:
    from stages.adapters.database.feedback import Feedback


def correct(
    comment_id: Annotated[UUID, typer.Argument(metavar="COMMENT_ID")],
    intent: Annotated[Intent, typer.Argument(help="What the comment really is.")],
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who says so.")] = None,
) -> None:
    """Say what a comment's intent really is: it becomes a training row. Nothing is ordered or cancelled by it."""
    from stages.feedback.export import correct_intent

    async def corrected() -> None:
        async with _feedback() as feedback:
            await correct_intent(feedback, comment_id, intent, by)

    run_async(corrected())
    typer.echo(f"{comment_id} is noted as {intent}.")


def export_training(
    out: Annotated[Path, typer.Option(metavar="FILE", help="JSONL; matches go to FILE's name with .vision.")],
    since: Annotated[
        str, typer.Option(metavar="T", help="From when on: ISO 8601 (UTC where it names no zone), or 3d, 2h.")
    ] = "2000-01-01",
) -> None:
    """Write corrected comments and decided reviews as training rows, without anything that says who wrote."""
    from stages.feedback.export import export_training as exported

    try:
        start = moment(since.strip().removeprefix("-"), datetime.now(UTC))
    except NotAMoment as error:
        raise typer.BadParameter(str(error), param_hint="--since") from error

    async def write() -> str:
        async with _feedback() as feedback:
            return (await exported(feedback, start, out)).in_words()

    typer.echo(run_async(write()))


@asynccontextmanager
async def _feedback() -> AsyncIterator[Feedback]:
    from stages.adapters.database.feedback import Feedback

    async with opened_database(ShopSettings()) as database:
        yield Feedback(database)
