"""`tiktoksales webhooks`: where the shop's own systems hear of its orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar, get_args
from uuid import UUID

import typer
from rich.table import Table

from pipeline.cli import run_async
from stages.adapters.database.webhook_endpoints import ListedDelivery, WebhookEndpoints
from stages.adapters.database.webhook_events import Event
from stages.commands.opened import opened_database, vault_of
from stages.commands.tables import ids, show
from stages.settings import ShopSettings

T = TypeVar("T")

webhooks = typer.Typer(help="Where the shop's own systems hear of its orders.", no_args_is_help=True)


@webhooks.command(
    "add", help="Send events to a URL from now on; prints the secret that they are signed with."
)
def add(
    url: Annotated[str, typer.Argument(metavar="URL")],
    streamer: Annotated[str | None, typer.Option(help="Only this streamer's orders.")] = None,
    event: Annotated[
        list[str] | None, typer.Option(help=f"Only these: {', '.join(get_args(Event))}. May be repeated.")
    ] = None,
) -> None:
    from stages.adapters.webhook_sender import check_address, check_url

    allow_private = ShopSettings().webhook_allow_private
    for name in event or ():
        if name not in get_args(Event):
            raise typer.BadParameter(f"there is no event {name!r}; there are {', '.join(get_args(Event))}")

    async def registered(endpoints: WebhookEndpoints) -> tuple[UUID, str]:
        await check_address(check_url(url, allow_private=allow_private), allow_private=allow_private)
        return await endpoints.register(url, event or (), streamer)

    endpoint_id, secret = _with(registered)
    typer.echo(f"endpoint {endpoint_id}\nsecret   {secret}\nThe secret is shown this once: keep it.")


@webhooks.command("list", help="List the endpoints.")
def list_command() -> None:
    table = Table(ids("endpoint"), "events", "streamer", "waiting", "dead")
    table.add_column("url", overflow="fold")
    for each in _with(lambda endpoints: endpoints.endpoints()):
        events = ", ".join(each.events) or "all"
        told = (str(each.id), events, each.streamer or "all", str(each.waiting), str(each.dead))
        table.add_row(*told, each.url)
    show(table)


@webhooks.command("remove", help="Send nothing there any more.")
def remove(endpoint: Annotated[UUID, typer.Argument(metavar="ENDPOINT")]) -> None:
    _with(lambda endpoints: endpoints.remove(endpoint, datetime.now(UTC)))
    typer.echo("Removed.")


@webhooks.command("deliveries", help="List what was sent, the newest first.")
def deliveries(
    dead: Annotated[bool, typer.Option("--dead", help="Only what was given up.")] = False,
    limit: Annotated[int, typer.Option(min=1)] = 50,
) -> None:
    table = Table(ids("delivery"), "event", "status", "attempts", "due or done (UTC)", "error")
    table.add_column("url", overflow="fold")
    for each in _with(lambda endpoints: endpoints.deliveries("dead" if dead else None, limit)):
        told = (str(each.id), each.event, each.status, str(each.attempts), _moment(each), each.error or "")
        table.add_row(*told, each.url)
    show(table)


@webhooks.command("redeliver", help="Send an event again.")
def redeliver(delivery: Annotated[UUID, typer.Argument(metavar="DELIVERY")]) -> None:
    _with(lambda endpoints: endpoints.redeliver(delivery, datetime.now(UTC)))
    typer.echo("It is sent with the next round.")


def _with(act: Callable[[WebhookEndpoints], Awaitable[T]]) -> T:
    settings = ShopSettings()

    async def acted() -> T:
        async with opened_database(settings) as database:
            return await act(WebhookEndpoints(database, vault_of(settings)))

    return run_async(acted())


def _moment(delivery: ListedDelivery) -> str:
    when = delivery.delivered_at or (delivery.due_at if delivery.status == "waiting" else delivery.created_at)
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
