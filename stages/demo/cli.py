"""`tiktoksales demo`: its options. What it does comes with the call, not with every call of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RECORDED = Path(__file__).with_name("recorded")


def demo(
    json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object, last.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything up afterwards, with its data in .demo.")
    ] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="End what --keep left up, and delete its data.")
    ] = False,
    show: Annotated[
        Path, typer.Option(help="Folder of the recorded show.", show_default="the package's own")
    ] = RECORDED,
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="2 plays twice as fast.")] = 1.0,
    workers: Annotated[int, typer.Option(min=1, max=8, help="Processes of each stage.")] = 1,
) -> None:
    """Play a recorded show on embedded servers, and print what happened."""
    from stages.demo.run import run_demo, stop_demo

    if stop:
        stop_demo()
    else:
        run_demo(show, as_json=json, keep=keep, speed=speed, workers=workers)
