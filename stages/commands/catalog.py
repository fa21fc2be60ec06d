"""`tiktoksales catalog`: what the streamers sell."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipeline.cli import run_async
from stages.adapters.database.catalog import Catalog
from stages.adapters.database.offers import Offer, Offers
from stages.commands.opened import opened_database, vault_of
from stages.commands.streamers import UnknownStreamer
from stages.commands.tables import show
from stages.settings import ShopSettings

if TYPE_CHECKING:
    from stages.sheets.catalog_import import ImportReport

catalog = typer.Typer(help="What the streamers sell.", no_args_is_help=True)


@catalog.command("import", help="Take in products from Shopify's product CSV, or a plain one.")
def import_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    streamer: Annotated[str, typer.Option(help="The streamer's handle.")],
    images: Annotated[
        str, typer.Option(metavar="DIR|URL", help="Where the pictures lie; they are copied to CATALOG_URL.")
    ] = "",
    set_stock: Annotated[
        bool,
        typer.Option(
            "--set-stock",
            help="Set the stock of products that are there already too. It counts what is left: without this, only "
            "new products and variants take theirs from the sheet.",
        ),
    ] = False,
    default_stock: Annotated[
        int | None, typer.Option(min=0, help="The stock where the sheet's cell is empty.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="Registers a new streamer, who sells in this currency (ISO 4217).")
    ] = None,
) -> None:
    from stages.sheets.catalog_import import import_catalog, streamer_of
    from stages.sheets.pictures import Pictures
    from stages.wiring import stock_rules

    settings = ShopSettings()

    async def imported() -> ImportReport:
        async with opened_database(settings) as database:
            seller = await streamer_of(
                Catalog(database, vault_of(settings)), streamer, currency.upper() if currency else None
            )
            return await import_catalog(
                file.read_bytes(),
                seller,
                offers=Offers(database, stock_rules(settings)),
                now=datetime.now(UTC),
                pictures=Pictures(settings.catalog_url, images, streamer),
                set_stock=set_stock,
                default_stock=default_stock,
            )

    _tell(run_async(imported()))


@catalog.command("list", help="Show what a streamer sells, and what is left of it.")
def list_command(streamer: Annotated[str, typer.Argument()]) -> None:
    settings = ShopSettings()

    async def offered() -> list[Offer]:
        async with opened_database(settings) as database:
            if await Catalog(database).streamer(streamer) is None:
                raise UnknownStreamer(streamer)
            return await Offers(database).of(streamer)

    show(_as_table(streamer, run_async(offered())))


def _tell(report: ImportReport) -> None:
    """What came of it; status 1 where not all of the sheet was taken."""
    troubles = sorted((*report.refused, *report.missing), key=attrgetter("line"))
    for row in troubles:
        typer.echo(f"line {row.line}: {row.reason}", err=True)
    if report.inactive:
        typer.echo(f"not offered (draft or archived): {', '.join(report.inactive)}", err=True)
    counts = [f"{report.added} added", f"{report.changed} changed", f"{len(report.refused)} rows refused"]
    if report.missing:
        counts.append(f"{len(report.missing)} pictures missing")
    typer.echo(", ".join(counts))
    raise typer.Exit(1 if troubles else 0)


def _as_table(streamer: str, offers: list[Offer]) -> Table:
    table = Table("sku", "name", "price", "left", "variants", "pictures", "seen by vision", title=streamer)
    for offer in offers:
        variants = ", ".join(f"{each.name}: {each.stock}" for each in offer.variants)
        seen = "yes" if offer.is_embedded else "not yet" if offer.images else "no pictures"
        table.add_row(
            offer.sku,
            offer.name,
            str(offer.price),
            str(offer.stock),
            variants,
            str(len(offer.images)),
            seen,
        )
    return table
