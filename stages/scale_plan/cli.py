"""`tiktoksales scale-plan`: its options. What it does comes with the call, not with every call of the command line."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stages.demo.cli import RECORDED

if TYPE_CHECKING:
    from stages.scale_plan.plan import Plan, Row
    from stages.scale_plan.rates import StageRate

_UNKNOWN_STATUS = 1


def scale_plan(
    rate: Annotated[float, typer.Option(min=0.01, help="Comments a second, of all streamers together.")],
    metrics: Annotated[
        list[str] | None, typer.Option(help="URL of a stage's /metrics. May be repeated.")
    ] = None,
    targets: Annotated[
        Path | None, typer.Option(help="File that lists them all, as Prometheus' file_sd_configs does.")
    ] = None,
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Measure this machine: play the recorded show on embedded servers."),
    ] = False,
    rates: Annotated[Path | None, typer.Option(help="What --save has written.")] = None,
    seconds: Annotated[float, typer.Option(min=0.0, help="How long to measure, or to watch a shop.")] = 30.0,
    utilisation: Annotated[
        float, typer.Option(min=0.05, max=1.0, help="How busy a process may be: what is left is for bursts.")
    ] = 0.6,
    buying: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Share of comments that are claims. Default: as measured."),
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the measured rates in a file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    show: Annotated[
        Path,
        typer.Option(
            help="Folder of the recorded show that --measure plays.", show_default="the package's own"
        ),
    ] = RECORDED,
) -> None:
    """Say how many processes of each stage a rate of comments needs, from measured rates: of a running shop (--metrics,
    --targets), of this machine (--measure), or of a file (--rates). Status 1 where a stage's rate is not known."""
    from stages.scale_plan.plan import plan
    from stages.scale_plan.rates import load, save as keep  # isort: skip

    given = [source for source in (metrics, targets, measure, rates) if source]
    if len(given) != 1:
        raise typer.BadParameter(
            "say where the rates come from: --metrics URL or --targets FILE of a running shop, --measure, "
            "or --rates FILE"
        )
    if rates:
        measured = load(rates)
    elif measure:
        from stages.scale_plan.measure import measure as measure_here

        measured = measure_here(show, seconds)
    else:
        measured = _watched(metrics or [], targets, seconds)
    if save:
        keep(measured, save)
    planned = plan(measured, rate, utilisation=utilisation, buying=buying)
    _print(planned, measured, as_json=as_json)
    if planned.unknown:
        raise typer.Exit(_UNKNOWN_STATUS)


def _watched(urls: list[str], targets: Path | None, seconds: float) -> list[StageRate]:
    from stages.scale_plan.rates import rates_between
    from stages.scale_plan.reading import addresses_in, read_all

    addresses = addresses_in(targets) if targets else urls
    before = read_all(addresses)
    time.sleep(seconds)
    return rates_between(before, read_all(addresses))


def _print(planned: Plan, measured: list[StageRate], *, as_json: bool) -> None:
    if as_json:
        rows = [asdict(row) for row in planned.rows]
        told = {"rate": planned.rate, "utilisation": planned.utilisation, "partitions": planned.partitions}
        typer.echo(json.dumps({**told, "unknown": planned.unknown, "stages": rows}))
        return
    from rich.table import Table

    from stages.commands.tables import show

    table = Table(
        "stage",
        "share",
        "entries/s",
        "one process/s",
        "bound by",
        "processes",
        "KEDA threshold",
        "measured on",
    )
    records = {each.stage: f"{each.records:.0f}" for each in measured}
    for row in planned.rows:
        table.add_row(*_told(row), records.get(row.stage, "nothing"))
    show(table)
    for line in _remarks(planned):
        typer.echo(line)


def _told(row: Row) -> tuple[str, ...]:
    if row.per_process is None or row.share is None or row.offered is None:
        return (row.stage, *["?"] * 6)
    return (
        row.stage,
        f"{row.share:.1%}",
        f"{row.offered:.1f}",
        f"{row.per_process:.0f}",
        str(row.bound_by),
        str(row.replicas),
        str(row.threshold),
    )


def _remarks(planned: Plan) -> list[str]:
    lines = [
        f"For {planned.rate:g} comments a second; each process one core, {planned.utilisation:.0%} of its time busy."
    ]
    if planned.partitions is not None:
        lines.append(
            f"PARTITIONS={planned.partitions} at least: of order one process a partition is at work. A streamer "
            "stays in one partition, so a single show is never faster than one such process. On Kafka no stage has "
            "more processes at work than partitions."
        )
    if planned.unknown:
        lines.append(
            f"Not known: the rate of {', '.join(planned.unknown)}. Nothing came to them while it was measured; watch "
            "a shop that sells, for longer (--seconds), or use --measure."
        )
    return lines
