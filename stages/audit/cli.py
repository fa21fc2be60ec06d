"""`tiktoksales audit`."""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from pipeline.cli import run_async
from stages.commands.tables import show
from stages.mendable import Mendable
from stages.settings import ShopSettings

if TYPE_CHECKING:
    from stages.audit.finding import Audit


class NothingToAudit(Mendable):
    """The comments of the other engine are not archived."""

    def __init__(self) -> None:
        super().__init__(
            "audit reads comments_stream and its archive, which are there with ENGINE=redis alone: Kafka keeps the "
            "topic for REPLAY_SECONDS."
        )


def audit(
    day: Annotated[
        str, typer.Option(metavar="D", help="Which day (UTC): 2026-11-22, today or yesterday.")
    ] = "yesterday",
    json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Prove that archive, stream and database agree for a day. Status 1 where they don't."""
    from stages.audit.report import as_table

    found = run_async(_audit(ShopSettings(), _day(day, datetime.now(UTC).date())))
    if json:
        sys.stdout.write(orjson.dumps(found.as_json()).decode() + "\n")
    else:
        show(as_table(found))
    if not found.agrees:
        raise typer.Exit(1)


async def _audit(settings: ShopSettings, day: date) -> Audit:
    # The stages' code comes with the verb that needs it, not with every call of the command.
    from stages.audit.auditor import audit as compare
    from stages.audit.opened import witnesses_of
    from stages.wiring import Wiring

    if settings.engine != "redis":
        raise NothingToAudit
    async with Wiring.open(settings, read_only=True) as wiring:
        return await compare(witnesses_of(wiring), day, lambda: int(time.time() * 1000))


def _day(text: str, today: date) -> date:
    match text:
        case "today":
            return today
        case "yesterday":
            return today - timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day: write 2026-11-22, today or yesterday") from error
