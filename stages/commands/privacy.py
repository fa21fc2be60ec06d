"""`rotate-keys`, `forget`, `block`, `unblock`: what people have a say in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipeline.cli import run_async
from stages.adapters.database import Database
from stages.adapters.database.buyers import Buyers, NamedBuyer
from stages.adapters.database.forgetting import Forgetting, NobodyKnown, SeveralKnown
from stages.adapters.database.sealing import holds_plain, seal_anew
from stages.commands.opened import opened_database, vault_of
from stages.settings import ShopSettings, require

if TYPE_CHECKING:
    from stages.forgetting import Forgotten

Handle = Annotated[str, typer.Argument(metavar="HANDLE", help="The viewer's name, as the platform shows it.")]
Platform = Annotated[
    str | None, typer.Option(help="The platform; needed where the name is known on several.")
]


def add_privacy_verbs(app: typer.Typer) -> None:
    """Adds them to `tiktoksales`."""
    app.command(
        name="rotate-keys",
        help="Encrypt all personal data anew under the first of DATA_KEYS; older keys can go afterwards.",
    )(rotate_keys)
    app.command(help="Erase a viewer: their data, words and saved card. Orders stay, under nobody's name.")(
        forget
    )
    app.command(help="Take no more claims of a viewer.")(block)
    app.command(help="Take a blocked viewer's claims again.")(unblock)


def rotate_keys() -> None:
    settings = _settings()
    require(settings, data_keys="the new key, before the older ones")
    vault = vault_of(settings)

    async def rotated() -> int:
        async with opened_database(settings) as database:
            return await seal_anew(database, vault)

    count = run_async(rotated())
    Console().print(
        f"Encrypted {count} rows under the first of DATA_KEYS. Once every process runs with it, the older keys can go."
    )


def forget(handle: Handle, platform: Platform = None) -> None:
    # The stages' code comes with the verb that needs it, not with every call of the command.
    from stages.archive.opened import redaction_of
    from stages.forgetting import Oblivion, Streams
    from stages.wiring import Wiring, utc_now

    settings = ShopSettings()

    async def forgotten() -> Forgotten:
        async with Wiring.open(settings) as wiring:
            payments = wiring.payments if settings.stripe_api_key.get_secret_value() else None
            streams = Streams(wiring.redis, wiring.keys, settings.partitions)
            redaction = await redaction_of(wiring)
            oblivion = Oblivion(Forgetting(wiring.database), payments, streams, utc_now, redaction)
            return await oblivion.forget(_name(handle), platform)

    done = run_async(forgotten())
    Console().print(_said(done), soft_wrap=True)


def block(handle: Handle, platform: Platform = None) -> None:
    Console().print(run_async(_block(_name(handle), platform, datetime.now(UTC))))


def unblock(handle: Handle, platform: Platform = None) -> None:
    Console().print(run_async(_block(_name(handle), platform, None)))


async def _block(handle: str, platform: str | None, since: datetime | None) -> str:
    settings = _settings()
    async with opened_database(settings) as database:
        buyers = Buyers(database, vault_of(settings))
        found = await buyers.named(handle, platform)
        platforms = sorted({each.platform for each in found})
        if len(platforms) > 1:
            raise SeveralKnown(handle, platforms)
        if not found and (since is None or platform is None):
            raise NobodyKnown(handle, platform)
        # Whoever has never bought is known by the name alone.
        for each in found or [NamedBuyer(platform or "", handle, handle, None)]:
            await buyers.block(each.platform, each.key, since)
    where = platform or platforms[0]
    return f"{handle} on {where} is {'blocked' if since else 'not blocked any more'}."


def _name(handle: str) -> str:
    """As platforms show it, without the @ that people put before it."""
    return handle.removeprefix("@")


def _said(done: Forgotten) -> str:
    erased = done.erased
    return (
        f"Erased on {done.platform}: {erased.buyers} buyers, {done.customers} customers at the payment provider, "
        f"{erased.comments} comments, {done.entries} entries of the public stream, {done.archived} of the "
        f"archive, {done.dead_letters} dead letters. "
        f"{erased.orders} orders stay for the books."
    )


async def seal_plain(settings: ShopSettings) -> int:
    """Encrypt what an older release left plain in the database; how many rows were written, 0 where nothing was plain.
    Raises UnusableDataKeys where it is needed and there is no key."""
    url = settings.owner_database_url or settings.database_url
    async with Database.opened(url, pooler=settings.database_pooler) as database:
        if not await holds_plain(database):
            return 0
        return await seal_anew(database, vault_of(settings))


def _settings() -> ShopSettings:
    settings = ShopSettings()
    require(settings, database_url="where Postgres listens")
    return settings
