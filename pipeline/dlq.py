"""`dlq list|show|redrive|purge`: look after dead letters."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from pipeline.dead_letter import Selection
from pipeline.dead_letter_names import find_letter
from pipeline.dead_letter_office import open_office
from pipeline.dead_letter_view import Kinds, letter_as_json, listing, listing_as_json, print_letter
from pipeline.moment import NotAMoment, age, moment
from pipeline.pace import Pace
from pipeline.ports import Lying
from pipeline.redrive import RedriveStopped, Sendings, redrive_each
from pipeline.redrive_one import traced_as
from pipeline.settings import RuntimeSettings

Load = Callable[[], RuntimeSettings]
Stages = Callable[[], Collection[str]]

_WHOSE = "The dead letter's, as `dlq list` shows it, or its comment's."
Id = Annotated[str, typer.Argument(metavar="ID", help=_WHOSE)]
Stage = Annotated[str, typer.Option(help="Only of this stage.")]
Reason = Annotated[str, typer.Option(help="Only with this in the reason or the error class, in any case.")]
Since = Annotated[str, typer.Option(help="Only from then on: an age (2h, 3d) or ISO 8601.")]
AsJson = Annotated[bool, typer.Option("--json", help="As one JSON object.")]


def dead_letter_commands(
    load: Load, stages: Stages, somebody_is_there: Callable[[], bool] = lambda: sys.stdin.isatty()
) -> typer.Typer:
    """The commands, on the store that `load` names; `stages` names those there are, and `somebody_is_there` tells
    whether one can ask."""
    app = typer.Typer(help="Look after dead letters.", no_args_is_help=True)
    _add_list(app, load, stages)
    _add_show(app, load)
    _add_redrive(app, load, stages)
    _add_purge(app, load, stages, somebody_is_there)
    return app


def _add_list(app: typer.Typer, load: Load, stages: Stages) -> None:
    @app.command("list", help="List the dead letters, with counts by stage and error.")
    def list_them(
        stage: Stage = "",
        since: Since = "",
        reason: Reason = "",
        limit: Annotated[int, typer.Option(min=1, help="Show at most so many, oldest first.")] = 50,
        as_json: AsJson = False,
    ) -> None:
        _require_stage(stage, stages)
        shown, kinds = asyncio.run(_listed(load(), _selection(stage, reason, since), limit))
        if as_json:
            _print_json(listing_as_json(shown, kinds))
        else:
            _console().print(listing(shown, kinds))


def _add_show(app: typer.Typer, load: Load) -> None:
    @app.command(help="Show one dead letter: its record, error, attempts and traceback.")
    def show(dead_id: Id, as_json: AsJson = False) -> None:
        listed = asyncio.run(_found(load(), dead_id))
        if as_json:
            _print_json(letter_as_json(listed))
        else:
            print_letter(listed, _console())


def _add_redrive(app: typer.Typer, load: Load, stages: Stages) -> None:
    @app.command(help="Send dead letters back to the stages they came from.")
    def redrive(
        dead_id: Id = "",
        everything: Annotated[bool, typer.Option("--all", help="All that the options leave.")] = False,
        stage: Stage = "",
        reason: Reason = "",
        since: Since = "",
        limit: Annotated[
            int | None, typer.Option(min=1, help="Send at most so many back, oldest first.")
        ] = None,
        rate: Annotated[float, typer.Option(min=0.01, help="At most so many a second.")] = 50.0,
    ) -> None:
        if bool(dead_id) == everything:
            raise typer.BadParameter("name one dead letter's ID, or say --all")
        if dead_id:
            if stage or reason or since or limit:
                raise typer.BadParameter("--stage, --reason, --since and --limit go with --all")
            traced = asyncio.run(_redrive_one(load(), dead_id))
            _console().print("1 dead letter sent back.", *_follow([traced]), sep="\n")
        else:
            _require_stage(stage, stages)
            selection = _selection(stage, reason, since)
            sendings = asyncio.run(_redrive_all(load(), selection, limit, Pace(rate)))
            _console().print(_in_words(sendings), *_follow(sendings.traced), sep="\n")


def _add_purge(app: typer.Typer, load: Load, stages: Stages, somebody_is_there: Callable[[], bool]) -> None:
    @app.command(help="Delete old dead letters for good.")
    def purge(
        older_than: Annotated[str, typer.Option(help="An age: 12h, 30d, 4w.")],
        stage: Stage = "",
        reason: Reason = "",
        yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    ) -> None:
        _require_stage(stage, stages)
        settings, selection = load(), _older(older_than, stage, reason)
        if not yes:
            if not somebody_is_there():
                raise typer.BadParameter("nobody is there to be asked: say --yes to delete them")
            _, kinds = asyncio.run(_listed(settings, selection, 0))
            typer.confirm(f"Delete {_letters(kinds.total())} for good?", abort=True)
        _console().print(f"{_letters(asyncio.run(_purge(settings, selection)))} deleted.")


def _require_stage(name: str, stages: Stages) -> None:
    """A name mistyped would read as: no dead letters. Raises BadParameter."""
    if name and name not in (there := stages()):
        raise typer.BadParameter(
            f"there is no stage {name!r}; there are {', '.join(there)}", param_hint="--stage"
        )


def _selection(stage: str, reason: str, since: str) -> Selection:
    try:
        since_ms = max(0, int(moment(since, datetime.now(UTC)).timestamp() * 1000)) if since else 0
    except NotAMoment as error:
        raise typer.BadParameter(str(error), param_hint="--since") from error
    return Selection(stage, reason, since_ms=since_ms)


def _older(older_than: str, stage: str, reason: str) -> Selection:
    try:
        before_ms = int((datetime.now(UTC).timestamp() - age(older_than).total_seconds()) * 1000)
    except NotAMoment as error:
        raise typer.BadParameter(str(error), param_hint="--older-than") from error
    return Selection(stage, reason, before_ms=max(1, before_ms))


async def _listed(settings: RuntimeSettings, selection: Selection, limit: int) -> tuple[list[Lying], Kinds]:
    """The first `limit` of the selected letters, and how many there are of each kind."""
    shown: list[Lying] = []
    kinds: Kinds = Counter()
    async with open_office(settings) as office:
        async for listed in office.letters.all(selection):
            kinds[listed.letter.stage, listed.letter.error] += 1
            if len(shown) < limit:
                shown.append(listed)
    return shown, kinds


async def _found(settings: RuntimeSettings, dead_id: str) -> Lying:
    async with open_office(settings) as office:
        return await find_letter(office.letters, dead_id)


async def _redrive_one(settings: RuntimeSettings, dead_id: str) -> str:
    """What its comment is found under."""
    async with open_office(settings) as office:
        listed = await find_letter(office.letters, dead_id)
        try:
            return traced_as(listed, await office.redriver.redrive(listed))
        except office.away as error:
            raise RedriveStopped(error, 0, office.store) from error


async def _redrive_all(
    settings: RuntimeSettings, selection: Selection, limit: int | None, pace: Pace
) -> Sendings:
    console = Console(stderr=True)
    async with open_office(settings) as office:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            bar = progress.add_task("sending back", total=None)
            if console.is_terminal:  # only a bar needs the total, which takes a walk through all letters
                total = (await _listed(settings, selection, 0))[1].total()
                progress.update(bar, total=min(total, limit or total))
            return await redrive_each(
                office.redriver,
                office.letters.all(selection),
                pace,
                limit=limit,
                away=office.away,
                store=office.store,
                told=lambda sendings: progress.update(bar, completed=sendings.seen),
            )


async def _purge(settings: RuntimeSettings, selection: Selection) -> int:
    async with open_office(settings) as office:
        return await office.letters.purge(selection)


def _in_words(sendings: Sendings) -> str:
    lines = [f"{_letters(sendings.sent)} sent back."]
    if sendings.anew:
        lines.append(
            f"{sendings.anew} of them came in anew, since comments_stream no longer holds what came then."
        )
    if sendings.gone:
        lines.append(f"{sendings.gone} were no longer there: somebody else sent them back or deleted them.")
    if sendings.tombstones:
        lines.append(
            f"{_letters(sendings.tombstones)} left: tombstones of entries that somebody removed from their stream. "
            "`tiktoksales replay --from-database` feeds the stored comments that have no end state."
        )
    if sendings.refused:
        lines.append(f"{_letters(sendings.refused)} left: {sendings.refusal}")
    return "\n".join(lines)


def _follow(traced: Sequence[str]) -> list[str]:
    return ["Follow it with:", *(f"  tiktoksales trace {name}" for name in traced)] if traced else []


def _letters(count: int) -> str:
    return f"{count} dead letter{'' if count == 1 else 's'}"


def _console() -> Console:
    return Console(highlight=False, markup=False)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
