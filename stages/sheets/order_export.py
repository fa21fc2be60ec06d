"""Orders as a table for whoever ships them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from stages.adapters.database.order_book import BookedOrder
from stages.sheets.writing import write_sheet

COLUMNS = (
    "order_number", "placed_at", "status", "streamer", "sku", "product", "variant", "quantity", "total", "refunded",
    "currency", "paid_at", "buyer", "platform", "client_id",
)  # fmt: skip
CONTACTS = ("phone", "email")


def write_orders(orders: Iterable[BookedOrder], *, with_contacts: bool = False) -> str:
    """The orders as CSV, times in UTC, amounts with their currency's decimals; phone and e-mail only where asked."""
    header = (*COLUMNS, *CONTACTS) if with_contacts else COLUMNS
    return write_sheet(header, (_row(order, with_contacts) for order in orders))


def _row(order: BookedOrder, with_contacts: bool) -> list[object]:
    contact = order.contact
    reached = [contact.phone, contact.email] if contact else [None, None]
    return [
        order.number, _time(order.placed_at), order.status, order.streamer, order.sku, order.product_name,
        order.variant, order.quantity, order.total.major, order.refunded.major, order.total.currency,
        _time(order.paid_at), order.buyer, order.platform, order.client_id, *(reached if with_contacts else []),
    ]  # fmt: skip


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None
