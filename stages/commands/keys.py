"""`tiktoksales keys`: who may come in by the doors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar, get_args

import typer
from rich.table import Table

from pipeline.cli import run_async
from stages.adapters.database.api_keys import ApiKeys, ListedKey
from stages.api_key import Scope
from stages.commands.opened import opened_database
from stages.commands.tables import show
from stages.settings import ShopSettings

T = TypeVar("T")
_SCOPES: tuple[Scope, ...] = get_args(Scope)

keys = typer.Typer(help="Who may come in by the doors.", no_args_is_help=True)


@keys.command("create", help="Make a key, and print it.")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is: tiktok connector, shop, ...")],
    scope: Annotated[
        list[str],
        typer.Option("--scope", help=f"What it is good for: {', '.join(_SCOPES)}. May be repeated."),
    ],
    streamer: Annotated[str | None, typer.Option(help="Only for this streamer.")] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Whose comments come with it (SOURCE_KEYS, VERIFIED_SOURCES). Default: gateway."),
    ] = None,
) -> None:
    from stages.doors.gate import DEFAULT_SOURCE

    if not name.strip():
        raise typer.BadParameter("say whose the key is, so that you know which to revoke one day")
    scopes = [_scope(each) for each in scope]
    for unbound in ("admin", "metrics"):
        if streamer is not None and unbound in scopes:
            raise typer.BadParameter(f"a key with the scope {unbound} can't be bound to one streamer")
    if streamer is not None and "ingest" in scopes and source is None:
        # A streamer who posts as the gateway could buy their own goods in any buyer's name.
        raise typer.BadParameter(
            f"say with --source whose comments a streamer's key brings in: those of {DEFAULT_SOURCE} may charge cards"
        )
    now, known_as = datetime.now(UTC), source or DEFAULT_SOURCE
    text = _with(lambda kept: kept.create(name, scopes, streamer, known_as, now))
    typer.echo(f"{text}\nThe key is shown this once: keep it. It is sent as Authorization: Bearer KEY.")
    if {"ingest", "admin"}.intersection(scopes) and _may_charge(known_as):
        typer.echo(
            f"Whoever has it can charge saved cards, by comments in their owners' names: its source {known_as} is in "
            "VERIFIED_SOURCES. For anybody else than your own software, give it another --source.",
            err=True,
        )


@keys.command("list", help="List the keys.")
def list_command() -> None:
    table = Table("key", "name", "scopes", "streamer", "source", "made (UTC)", "last used", "revoked")
    for each in _with(lambda kept: kept.all()):
        table.add_row(*_told(each))
    show(table)


@keys.command("revoke", help="Let a key open nothing any more.")
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its id, as `keys list` shows it.")],
) -> None:
    _with(lambda kept: kept.revoke(_id_of(key), datetime.now(UTC)))
    typer.echo("Revoked. It opens nothing any more in a few seconds.")


def _with(act: Callable[[ApiKeys], Awaitable[T]]) -> T:
    async def acted() -> T:
        async with opened_database(ShopSettings()) as database:
            return await act(ApiKeys(database))

    return run_async(acted())


def _may_charge(source: str) -> bool:
    settings = ShopSettings()
    return source in settings.source_keys and source in settings.verified_sources


def _scope(name: str) -> Scope:
    for scope in _SCOPES:
        if name == scope:
            return scope
    raise typer.BadParameter(f"there is no scope {name!r}; there are {', '.join(_SCOPES)}")


def _id_of(text: str) -> str:
    """Whoever has the whole key at hand need not cut the id out of it."""
    parts = text.split("_", 2)
    return parts[1] if len(parts) == 3 and parts[0] == "tts" else text


def _told(key: ListedKey) -> tuple[str, ...]:
    rights = key.rights
    return (
        rights.id,
        rights.name,
        ", ".join(sorted(rights.scopes)),
        rights.streamer or "all",
        rights.source,
        *(_moment(each) for each in (key.created_at, key.last_used_at, key.revoked_at)),
    )


def _moment(when: datetime | None) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if when else ""
