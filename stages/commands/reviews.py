"""`tiktoksales reviews`: the host decides what the model was not sure of."""

from __future__ import annotations

import getpass
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar, assert_never
from uuid import UUID

import typer
from rich.table import Table

from pipeline.cli import run_async
from stages.adapters.database.review_decisions import (
    Confirmed,
    DecidedBefore,
    Decision,
    Declined,
    NoSuchProduct,
    NoSuchReview,
    ReviewDecisions,
    TooLate,
)
from stages.commands.opened import opened_database
from stages.commands.tables import ids, show
from stages.mendable import Mendable
from stages.settings import ShopSettings

T = TypeVar("T")

reviews = typer.Typer(help="Decide what the model was not sure of.", no_args_is_help=True)

Comment = Annotated[UUID, typer.Argument(metavar="COMMENT_ID")]


class NotDecided(Mendable):
    """The decision could not be made; the message says why."""


@reviews.command("list", help="List the comments of a streamer that wait for a decision, the oldest first.")
def list_command(streamer: Annotated[str, typer.Argument()]) -> None:
    table = Table(ids("comment"), "came (UTC)", "viewer", "message", "perhaps", "frames", title=streamer)
    for each in _with(lambda decisions: decisions.of(streamer)):
        perhaps = ", ".join(f"{candidate.sku} {candidate.score:.2f}" for candidate in each.candidates)
        came = each.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(str(each.comment_id), came, each.client, each.message, perhaps, "\n".join(each.frames))
    show(table)


@reviews.command("confirm", help="The comment meant this product: it becomes an order.")
def confirm(
    comment: Comment,
    sku: Annotated[str | None, typer.Argument(metavar="SKU")] = None,
    first: Annotated[bool, typer.Option("--first", help="The likeliest candidate.")] = False,
) -> None:
    if (sku is None) != first:
        raise typer.BadParameter("say which product by its SKU, or --first")
    _said(_with(lambda decisions: decisions.confirm(comment, sku, _who(), datetime.now(UTC))), comment)


@reviews.command("decline", help="The comment meant nothing that is sold.")
def decline(comment: Comment) -> None:
    _said(_with(lambda decisions: decisions.decline(comment, _who(), datetime.now(UTC))), comment)


def _said(decision: Decision, comment: UUID) -> None:
    match decision:
        case Confirmed(claim=claim):
            typer.echo(f"Confirmed: {claim.viewer.client} claims {claim.quantity} x {claim.product_name}.")
        case Declined():
            typer.echo("Declined.")
        case NoSuchReview():
            raise NotDecided(f"Comment {comment} waits for no decision: see `tiktoksales reviews list`.")
        case DecidedBefore(status=status):
            raise NotDecided(f"It was {status} before; that stands.")
        case TooLate(why=why):
            raise NotDecided(f"It is too late: {why}.")
        case NoSuchProduct(sku=sku):
            raise NotDecided(f"The streamer sells no product {sku!r}: see `tiktoksales catalog list`.")
        case _:
            assert_never(decision)


def _with(act: Callable[[ReviewDecisions], Awaitable[T]]) -> T:
    settings = ShopSettings()

    async def acted() -> T:
        async with opened_database(settings) as database:
            return await act(ReviewDecisions(database, settings.max_order_age_seconds))

    return run_async(acted())


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "command line"
