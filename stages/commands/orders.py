"""`tiktoksales orders`: what was ordered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.table import Table

from pipeline.cli import run_async
from pipeline.moment import NotAMoment, moment
from schemas.records import OrderStatus
from stages.adapters.database.order_book import BookedOrder, OrderBook, Wanted
from stages.commands.opened import opened_database, vault_of
from stages.commands.tables import order_numbers, show
from stages.mendable import Mendable
from stages.settings import ShopSettings
from stages.sheets.order_export import write_orders

orders = typer.Typer(help="What was ordered.", no_args_is_help=True)

Streamer = Annotated[str | None, typer.Option(help="Only this streamer's.")]
Status = Annotated[str | None, typer.Option(help=f"Only these: {', '.join(get_args(OrderStatus))}.")]
Since = Annotated[str | None, typer.Option(metavar="T", help="Placed since: ISO 8601 (UTC), or 2h, 3d.")]


class UnknownOrder(Mendable):
    """There is no order of this number."""


class UnwritableFile(Mendable):
    """The export can't be written there."""


@orders.command("list", help="List orders, the newest first.")
def list_command(
    streamer: Streamer = None,
    status: Status = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1)] = 100,
) -> None:
    found = _found(_wanted(streamer, status, since), limit=limit)
    table = Table(
        order_numbers("order"), "placed (UTC)", "status", "streamer", "buyer", "product", "quantity", "total"
    )
    for order in found:
        product = f"{order.product_name} ({order.variant})" if order.variant else order.product_name
        placed = order.placed_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        told = (order.number, placed, order.status, order.streamer, order.buyer, product)
        table.add_row(*told, str(order.quantity), str(order.total))
    show(table)


@orders.command("show", help="Show everything about one order.")
def show_command(
    number: Annotated[str, typer.Argument(metavar="ORDER_NUMBER")],
    with_contacts: Annotated[
        bool, typer.Option("--with-contacts", help="With the buyer's phone and e-mail.")
    ] = False,
) -> None:
    found = _found(Wanted(number=number.upper()), with_contacts=with_contacts)
    if not found:
        raise UnknownOrder(f"There is no order {number!r}: see `tiktoksales orders list`.")
    table = Table(show_header=False, title=found[0].number)
    table.add_column()
    table.add_column(overflow="fold")
    for name, fact in _facts(found[0]):
        if fact is not None:
            table.add_row(name, str(fact))
    show(table)


@orders.command("export", help="Write orders as CSV, for shipping.")
def export_command(
    streamer: Streamer = None,
    status: Status = None,
    since: Since = None,
    with_contacts: Annotated[
        bool, typer.Option("--with-contacts", help="With the buyers' phones and e-mails.")
    ] = False,
    to: Annotated[Path | None, typer.Option(help="A file; else standard output.")] = None,
) -> None:
    text = write_orders(
        _found(_wanted(streamer, status, since), with_contacts=with_contacts), with_contacts=with_contacts
    )
    if to is None:
        typer.echo(text, nl=False)
        return
    try:
        to.touch(mode=0o600)
        to.write_text(text, encoding="utf-8-sig", newline="")  # spreadsheets know UTF-8 by its BOM
    except OSError as error:
        raise UnwritableFile(
            f"The orders can't be written to {to} ({error.strerror}): name with --to a file in a folder that is there."
        ) from error


def _found(wanted: Wanted, *, limit: int | None = None, with_contacts: bool = False) -> list[BookedOrder]:
    settings = ShopSettings()

    async def read() -> list[BookedOrder]:
        async with opened_database(settings) as database:
            book = OrderBook(database, vault_of(settings))
            return await book.orders(wanted, limit=limit, with_contacts=with_contacts)

    return run_async(read())


def _wanted(streamer: str | None, status: str | None, since: str | None) -> Wanted:
    known: dict[str, OrderStatus] = {each: each for each in get_args(OrderStatus)}
    if status is not None and status not in known:
        raise typer.BadParameter(f"there is no status {status!r}; there are {', '.join(known)}")
    try:
        begins = moment(since, datetime.now(UTC)) if since else None
    except NotAMoment as error:
        raise typer.BadParameter(f"--since: {error}") from error
    return Wanted(streamer, known[status] if status else None, begins)


def _facts(order: BookedOrder) -> list[tuple[str, object]]:
    contact = order.contact
    return [
        ("status", order.status),
        ("cancelled for", order.cancelled_for),
        ("streamer", order.streamer),
        ("product", f"{order.product_name} ({order.sku})"),
        ("variant", order.variant),
        ("quantity", order.quantity),
        ("total", order.total),
        ("refunded", order.refunded if order.refunded.amount_minor else None),
        ("buyer", f"{order.buyer} ({order.platform})"),
        ("phone", contact.phone if contact else None),
        ("e-mail", contact.email if contact else None),
        ("comment", f"{order.message} ({order.comment_id}, from {order.source})"),
        ("placed", order.placed_at),
        ("held until", order.hold_until),
        ("paid", order.paid_at),
        ("cancelled", order.cancelled_at),
        ("disputed", order.disputed_at),
        ("payment", order.payment_id),
        ("pay link", order.payment_url),
    ]
