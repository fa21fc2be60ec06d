"""`tiktoksales onboard`: buyers who save their card before they buy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from pipeline.cli import run_async
from stages.commands.opened import opened_database, vault_of
from stages.ingest import DEFAULT_PLATFORM
from stages.settings import ShopSettings

onboard = typer.Typer(help="Buyers who save their card before they buy.", no_args_is_help=True)


@onboard.callback()
def onboard_group() -> None:
    """Buyers who save their card before they buy."""


@onboard.command(
    "link", help="Print a link where a buyer leaves phone, consent and card. Give it to them alone."
)
def link(
    handle: Annotated[str, typer.Argument(help="As their comments show it.")],
    platform: Annotated[str, typer.Option()] = DEFAULT_PLATFORM,
    client_id: Annotated[
        str | None, typer.Option(help="The platform's own id of the viewer, where its comments carry one.")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, max=24 * 30, help="How long the link is good.")] = 48,
) -> None:
    from stages.adapters.database.onboardings import Onboardings
    from stages.onboarding import OnboardingLinks, invite
    from stages.till import require_payments

    if not handle.strip():
        raise typer.BadParameter("say for whom the link is: their name, as their comments show it")
    if not platform.strip():
        raise typer.BadParameter("say on which platform they write, or leave out --platform")
    settings = ShopSettings()
    require_payments(settings)  # else nobody opens the link's door

    async def invited() -> str:
        async with opened_database(settings) as database:
            vault = vault_of(settings)
            expires_at = datetime.now(UTC) + timedelta(hours=hours)
            links = OnboardingLinks(vault, str(settings.public_url))
            onboardings = Onboardings(database, vault)
            return await invite(onboardings, links, platform, client_id or handle, handle, expires_at)

    typer.echo(run_async(invited()))
