"""`tiktoksales cost`: what a thousand comments cost."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from rich.table import Table

from pipeline.cli import run_async
from pipeline.engines.redis.connection import connect
from pipeline.moment import NotAMoment, moment
from stages.commands.opened import opened_database
from stages.commands.tables import show
from stages.cost.bill import SEED_ORDERS, Counted, Item, bill, per_thousand, seed_bill, total
from stages.cost.counting import count
from stages.cost.prices import UnusablePrice, prices
from stages.mendable import Mendable
from stages.settings import ShopSettings


class UnusableSpan(Mendable):
    """What was given is no moment."""


def cost(
    since: Annotated[str, typer.Option(metavar="T", help="Counted since: ISO 8601 (UTC), or 2h, 3d.")] = "1d",
    price: Annotated[
        list[str] | None, typer.Option(metavar="NAME=DOLLARS", help="Instead of a published unit price.")
    ] = None,
    rate: Annotated[
        list[str] | None, typer.Option(metavar="CUR=DOLLARS", help="What one unit of a currency is worth.")
    ] = None,
    metrics: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="/metrics of a process whose time counts.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Print the bill of a span, for it and for 1,000 comments; what is not known is said to be."""
    settings, now = ShopSettings(), datetime.now(UTC)
    try:
        begin = moment(since, now)
    except NotAMoment as error:
        raise UnusableSpan(f"--since: {error}") from error
    units, rates = prices(price or []), _rates(rate or [])

    async def counted() -> Counted:
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(opened_database(settings))
            redis = connect(settings.redis_url) if settings.redis_url else None
            if redis is not None:
                stack.push_async_callback(redis.aclose)
            return await count(database, redis, metrics or [], begin, now)

    found = run_async(counted())
    items, seed = bill(found, units, rates), seed_bill(found, units, rates)
    if as_json:
        typer.echo(json.dumps(_as_json(found, items, seed)))
    else:
        show(_as_table(found, items, seed))


def _rates(given: list[str]) -> dict[str, Decimal]:
    rates = {}
    for text in given:
        currency, _, dollars = text.partition("=")
        try:
            rates[currency.upper()] = Decimal(dollars)
        except InvalidOperation as error:
            raise UnusablePrice(f"--rate {text!r} is none: say EUR=1.08.") from error
    return rates


def _as_table(counted: Counted, items: list[Item], seed: list[Item]) -> Table:
    table = Table(
        "item", "quantity", "unit price", "dollars", "per 1,000 comments",
        f"seed: {SEED_ORDERS} orders per 1,000", "price from", title=_title(counted),
    )  # fmt: skip
    estimate = {item.name: item for item in seed}
    for item in items:
        each = item.price
        expected = estimate.get(item.name)
        table.add_row(
            item.name,
            f"unknown: {item.why or 'not counted'}" if item.quantity is None else f"{item.quantity:.6g}",
            f"{each.dollars} a {each.unit}",
            _amount(item.dollars),
            _amount(per_thousand(item, counted.comments)),
            "not known" if expected is None else _amount(expected.dollars),
            f"{each.source} ({each.seen})",
        )
    sums = total([item.dollars for item in items]), total([per_thousand(i, counted.comments) for i in items])
    of_seed = total([item.dollars for item in seed])
    table.add_row("sum of what is known", "", "", _amount(sums[0]), _amount(sums[1]), _amount(of_seed), "")
    return table


def _title(counted: Counted) -> str:
    return (
        f"{counted.hours:.1f} h: {counted.comments} comments, {counted.orders} orders, {counted.charges} charges, "
        f"{counted.refunds} refunds"
    )


def _amount(dollars: Decimal | None) -> str:
    return "unknown" if dollars is None else f"${dollars:.4f}"


def _as_json(counted: Counted, items: list[Item], seed: list[Item]) -> dict[str, Any]:
    return {
        "hours": float(counted.hours),
        "comments": counted.comments,
        "orders": counted.orders,
        "charges": counted.charges,
        "refunds": counted.refunds,
        "items": [
            {
                "item": item.name,
                "quantity": _number(item.quantity),
                "unit_price": float(item.price.dollars),
                "unit": item.price.unit,
                "source": item.price.source,
                "seen": item.price.seen,
                "dollars": _number(item.dollars),
                "per_1000_comments": _number(per_thousand(item, counted.comments)),
                "unknown_because": item.why or None,
            }
            for item in items
        ],
        "known_per_1000_comments": float(total([per_thousand(i, counted.comments) for i in items])),
        "seed": {
            "orders_per_1000_comments": SEED_ORDERS,
            "items": {item.name: _number(item.dollars) for item in seed},
            "known_per_1000_comments": float(total([item.dollars for item in seed])),
        },
    }


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
