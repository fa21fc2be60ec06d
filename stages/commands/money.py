"""`tiktoksales refund` and `tiktoksales commissions`: what goes back to buyers, and what streamers earn."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, assert_never
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Table

from pipeline.cli import run_async
from schemas.money import Money, exponent_of
from stages.adapters.database import Database
from stages.adapters.database.ledger import Balance, Entry, Ledger
from stages.adapters.database.order_results import NoSuchOrder
from stages.adapters.database.payouts import Payouts
from stages.adapters.database.refunds import NothingPaid, Refund, RestockInPart, TooMuch
from stages.adapters.payment_results import PaymentMisused
from stages.commands.opened import opened_database
from stages.commands.streamers import UnknownStreamer
from stages.commands.tables import order_numbers, show
from stages.mendable import Mendable
from stages.refund_results import Result, Waiting
from stages.settings import ShopSettings
from stages.sheets.amounts import UnreadableAmount, read_amount
from stages.sheets.writing import write_sheet

_COLUMNS = (
    *("booked_at", "order_number", "comment_id", "product", "kind", "cause", "net_paid", "commission"),
    *("currency", "payable_at"),
)


class NotRefunded(Mendable):
    """The refund was not made; the message says why."""


def add_money_verbs(app: typer.Typer) -> None:
    """Adds them to `tiktoksales`."""
    app.command(name="refund", help="Give back what was paid for an order, or a part of it.")(refund)
    app.command(name="commissions", help="Show what a streamer has earned, row by row.")(commissions)


def refund(
    number: Annotated[str, typer.Argument(metavar="ORDER_NUMBER")],
    amount: Annotated[str | None, typer.Option(help='As in "12.50"; else all that is left.')] = None,
    reason: Annotated[str, typer.Option(help="For the books.")] = "asked for",
    restock: Annotated[
        bool, typer.Option("--restock", help="Its pieces go back on the shelf, and to who waits for them.")
    ] = False,
    key: Annotated[
        str | None, typer.Option(help="Names this refund: with the same key it is made once.")
    ] = None,
) -> None:
    settings = ShopSettings()
    result = run_async(_refund(settings, number.upper(), amount, reason, key or uuid4().hex, restock))
    Console().print(_said(number.upper(), result))


async def _refund(
    settings: ShopSettings, number: str, amount: str | None, reason: str, key: str, restock: bool
) -> Result:
    from stages.till import payments_of, refunding_of
    from stages.wiring import stock_rules, utc_now

    async with opened_database(settings) as database:
        payments = payments_of(settings, utc_now)
        try:
            refunding = refunding_of(database, payments, stock_rules(settings), utc_now)
            wanted = await _amount_of(database, number, amount)
            return await refunding.refund(number, wanted, reason, key, restock=restock)
        except (NoSuchOrder, PaymentMisused) as error:
            raise NotRefunded(str(error)) from error
        finally:
            await payments.close()


async def _amount_of(database: Database, number: str, text: str | None) -> int | None:
    if text is None:
        return None
    currency = await Ledger(database).currency_of(number)
    if currency is None:
        raise NotRefunded(f"There is no order {number}: see `tiktoksales orders list`.")
    try:
        amount = read_amount(text, currency)
    except UnreadableAmount as error:
        raise NotRefunded(f"{error}: write it as in 12.50.") from error
    if not amount.amount_minor:
        raise NotRefunded("Nothing is no refund: give an amount, or leave out --amount for all that is left.")
    return amount.amount_minor


def _said(number: str, result: Result) -> str:
    match result:
        case Refund(status="done", amount=amount, provider_id=provider_id):
            return f"{amount} of order {number} went back ({provider_id}). The buyer will be told."
        case Refund(error=error):
            raise NotRefunded(f"Order {number} was not refunded: {error or 'the payment provider refused'}")
        case Waiting(refund=wanted, reason=reason):
            return (
                f"The refund of {wanted.amount} is written down, but the payment provider can't say yet whether it was "
                f"made ({reason}). The keeper of refunds goes on with it: don't repeat it."
            )
        case NothingPaid(status=status):
            raise NotRefunded(f"Order {number} is {status}: there is nothing to give back.")
        case TooMuch(left=left):
            raise NotRefunded(f"Of order {number} only {left} can be given back.")
        case RestockInPart(left=left):
            raise NotRefunded(
                f"Pieces go back on the shelf only with all that is left ({left}): leave out --amount, or --restock."
            )
        case _:
            assert_never(result)


def commissions(
    streamer: Annotated[str, typer.Argument(metavar="STREAMER")],
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, on standard output.")] = False,
    pay_to: Annotated[
        str | None,
        typer.Option(metavar="ACCOUNT", help="Pay out to this connected account of Stripe from now on."),
    ] = None,
) -> None:
    if pay_to is not None and not pay_to.startswith("acct_"):
        raise typer.BadParameter(f"{pay_to!r} is no connected account of Stripe: its id begins with acct_")
    entries, balances = run_async(_read(ShopSettings(), streamer, pay_to))
    if as_csv:
        typer.echo(write_sheet(_COLUMNS, map(_row, entries)), nl=False)
        return
    table = Table(
        "booked (UTC)", order_numbers("order"), "product", "kind", "net paid", "commission", "payable (UTC)"
    )
    for entry in entries:
        table.add_row(
            _time(entry.created_at),
            entry.order_number,
            entry.product_name,
            entry.kind,
            _amount(entry.net_paid_minor, entry.currency),
            _amount(entry.amount_minor, entry.currency),
            _time(entry.payable_at),
        )
    show(table)
    for balance in balances:
        typer.echo(_summary(balance))


async def _read(
    settings: ShopSettings, streamer: str, pay_to: str | None
) -> tuple[list[Entry], list[Balance]]:
    async with opened_database(settings) as database:
        ledger = Ledger(database)
        is_known = await (Payouts(database).pay_to(streamer, pay_to) if pay_to else ledger.knows(streamer))
        if not is_known:
            raise UnknownStreamer(streamer)
        return await ledger.entries(streamer), await ledger.balances(streamer, datetime.now(UTC))


def _row(entry: Entry) -> list[object]:
    return [
        entry.created_at.isoformat(),
        entry.order_number,
        entry.comment_id,
        entry.product_name,
        entry.kind,
        entry.cause,
        _digits(entry.net_paid_minor, entry.currency),
        _digits(entry.amount_minor, entry.currency),
        entry.currency,
        entry.payable_at.isoformat(),
    ]


def _summary(balance: Balance) -> str:
    amounts = (balance.amount_minor, balance.payable_minor, balance.paid_out_minor)
    owed, payable, paid_out = (_amount(amount, balance.currency) for amount in amounts)
    return f"{balance.currency}: owed {owed}, of that payable now {payable}; paid out so far {paid_out}."


def _amount(amount_minor: int, currency: str) -> str:
    shown = str(Money(amount_minor=abs(amount_minor), currency=currency))
    return f"-{shown}" if amount_minor < 0 else shown


def _digits(amount_minor: int, currency: str) -> Decimal:
    return Decimal(amount_minor).scaleb(-exponent_of(currency))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
