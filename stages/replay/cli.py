"""`tiktoksales replay`: its options. What it does comes with the call, not with every call of the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from stages.replay.request import NOW


def replay(
    begins: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="T", help="From when on: ISO 8601 (UTC where it names no zone), or -2h, -3d."
        ),
    ] = None,
    ends: Annotated[str, typer.Option("--to", metavar="T", help="Up to when; the same.")] = NOW,
    streamer: Annotated[str | None, typer.Option(help="Only the comments under this streamer.")] = None,
    speed: Annotated[
        str, typer.Option(metavar="N|max", help="N times as fast as they came, or as fast as they are done.")
    ] = "max",
    shadow: Annotated[
        bool,
        typer.Option("--shadow", help="Change nothing; show what would be judged otherwise today."),
    ] = False,
    from_database: Annotated[
        bool,
        typer.Option(
            "--from-database",
            help="Take the comments from the database, where Redis lost them; without --from from the beginning.",
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Finish the comments that came to no end; with --shadow, compare what was stored with today's judgement."""
    from stages.replay.run import run_replay

    if shadow and speed != "max":
        raise typer.BadParameter("--shadow feeds nobody, and knows no speed")
    run_replay(begins, ends, streamer, speed, shadow=shadow, from_database=from_database, as_json=json)
